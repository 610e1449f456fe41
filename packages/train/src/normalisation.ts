import { add, mul, type Tensor } from '@tensorflow/tfjs-core';

/** Mean and standard deviation of the training split's pixels, as fractions of 255. */
export interface Normalisation {
  mean: number;
  std: number;
}

/** (pixel / 255 - mean) / std, for pixels from 0 to 255. */
export function normalise(pixels: Tensor, { mean, std }: Normalisation): Tensor {
  return add(mul(pixels, 1 / (255 * std)), -mean / std);
}
