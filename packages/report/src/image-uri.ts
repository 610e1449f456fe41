import { type ImageShape, imageAt } from '@atelier/data/image-shape';
import { encode } from 'fast-png';

/** Images of one shape; a split is one. */
export interface Images {
  shape: ImageShape;
  /** [n, height, width, channels], 0 is black. */
  images: Uint8Array;
}

/**
 * One image as a PNG data URI. Compressed in JavaScript, because the bytes that node:zlib gives
 * differ between processors.
 */
export function imageUri({ shape, images }: Images, position: number): string {
  const data = imageAt(images, shape, position).slice();
  const png = encode({ ...shape, data, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
