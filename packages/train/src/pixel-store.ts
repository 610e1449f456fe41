import { byteTensor, castBytes, gather } from '@atelier/graph';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Images on the device, a byte a pixel. */
export interface PixelStore {
  /** Bytes [count * height * width]. */
  pixels: Tensor;
  height: number;
  width: number;
}

/** @param images [count, height, width]; shared, not copied */
export function pixelStore(images: Uint8Array, height: number, width: number): PixelStore {
  return { pixels: byteTensor(images, [images.length]), height, width };
}

/**
 * Reads pixels by their positions in the flattened images.
 * @param positions int32, of any shape
 * @returns float32 from 0 to 255, of the same shape
 */
export function pixelsAt(pixels: Tensor, positions: Tensor): Tensor {
  return castBytes(gather(pixels, positions), 'float32');
}
