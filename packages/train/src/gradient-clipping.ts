import {
  add,
  div,
  minimum,
  mul,
  reshape,
  sqrt,
  square,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { rowLength } from './parameter-buffer.ts';

/**
 * Scales a flat gradient so that its norm is at most `clipNorm`
 * (torch.nn.utils.clip_grad_norm_, with its 1e-6 in the denominator).
 * @param gradient [n], n a multiple of the buffer's row length
 * @returns the clipped gradient and the norm before clipping, a scalar
 */
export function clipByGlobalNorm(
  gradient: Tensor,
  clipNorm: number,
): { clipped: Tensor; norm: Tensor } {
  // Summed down the rows first: that is done a whole vector at a time, one long sum is not.
  const rows = sum(square(reshape(gradient, [-1, rowLength])), 0);
  const norm = sqrt(sum(rows));
  return { clipped: mul(gradient, minimum(1, div(clipNorm, add(norm, 1e-6)))), norm };
}
