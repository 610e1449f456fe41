import {
  add,
  addN,
  div,
  matMul,
  minimum,
  mul,
  ones,
  sqrt,
  square,
  sum,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';

/**
 * Scales gradients so that their norm together is at most `clipNorm`
 * (torch.nn.utils.clip_grad_norm_, with its 1e-6 in the denominator).
 * @returns the clipped gradients and the norm before clipping, a scalar
 */
export function clipByGlobalNorm(
  gradients: Tensor[],
  clipNorm: number,
): { clipped: Tensor[]; norm: Tensor } {
  const norm = sqrt(addN(gradients.map(sumOfSquares)));
  const factor = minimum(1, div(clipNorm, add(norm, 1e-6)));
  return { clipped: gradients.map((gradient) => mul(gradient, factor)), norm };
}

/** A matrix's rows are summed by a product with ones: XLA's own sums on the CPU are slower. */
function sumOfSquares(x: Tensor): Tensor {
  if (x.rank !== 2) return sum(square(x));
  return sum(matMul(square(x as Tensor2D), ones([x.shape[1]!, 1]) as Tensor2D));
}
