import type { ImageShape } from '@atelier/data/image-shape';
import { UserError } from '@atelier/errors';
import { byteTensor, castBytes, gather } from '@atelier/graph';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Images on the device, a byte for each value of a pixel. */
export interface PixelStore extends ImageShape {
  /** Bytes [count * size + 1]: the flattened images, and a zero for what lies outside. */
  pixels: Tensor;
}

/** The sum of two such positions is still an int32. */
export const maximumPixels = 2 ** 29;

/** @param images of that shape, one after another */
export function pixelStore(images: Uint8Array, shape: ImageShape): PixelStore {
  if (images.length > maximumPixels)
    throw new UserError({
      what: 'A split of the dataset is too large for one tensor on the device.',
      expected: `at most ${maximumPixels} values of pixels`,
      found: String(images.length),
    });
  const bytes = new Uint8Array(paddedBytes(images.length));
  bytes.set(images);
  return { pixels: storeOf(bytes), ...shape };
}

/** Bytes of a store of images of so many. */
export const paddedBytes = (images: number): number => images + 1;

/** @param bytes images and what pads them; they stay as they are as long as the tensor lives */
export const storeOf = (bytes: Uint8Array): Tensor => byteTensor(bytes, [bytes.length]);

/**
 * Reads pixels by their positions in the flattened images.
 * @param positions int32, of any shape
 * @returns float32 from 0 to 255, of the same shape
 */
export function pixelsAt(pixels: Tensor, positions: Tensor): Tensor {
  return castBytes(gather(pixels, positions), 'float32');
}
