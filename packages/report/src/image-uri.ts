import { encode } from 'fast-png';

/** Grey images of one size; a split is one. */
export interface Images {
  height: number;
  width: number;
  /** [n, height, width], 0 is black. */
  images: Uint8Array;
}

/**
 * One image as a PNG data URI. Compressed in JavaScript, because the bytes that node:zlib gives
 * differ between processors.
 */
export function imageUri({ height, width, images }: Images, position: number): string {
  const size = height * width;
  const data = images.slice(position * size, (position + 1) * size);
  const png = encode({ width, height, data, channels: 1, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
