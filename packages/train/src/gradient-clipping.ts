import { add, div, minimum, mul, sqrt, square, sum, type Tensor } from '@tensorflow/tfjs-core';

/**
 * Scales a flat gradient so that its norm is at most `clipNorm`
 * (torch.nn.utils.clip_grad_norm_, with its 1e-6 in the denominator).
 * @param gradient [n]
 * @returns the clipped gradient and the norm before clipping, a scalar
 */
export function clipByGlobalNorm(
  gradient: Tensor,
  clipNorm: number,
): { clipped: Tensor; norm: Tensor } {
  const norm = sqrt(sum(square(gradient)));
  return { clipped: mul(gradient, minimum(1, div(clipNorm, add(norm, 1e-6)))), norm };
}
