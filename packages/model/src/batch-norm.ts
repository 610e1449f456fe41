import { materialize } from '@atelier/graph';
import {
  add,
  customGrad,
  matMul,
  mul,
  ones,
  reshape,
  rsqrt,
  square,
  sub,
  type Tensor,
  transpose,
} from '@tensorflow/tfjs-core';

/** Added to variances before their square root, as in torch.nn.BatchNorm1d. */
export const epsilon = 1e-5;

interface Statistics {
  /** The mean of each feature over the batch, [1, features]. */
  mean: Tensor;
  /** The biased estimate (divided by n), [1, features]. */
  variance: Tensor;
}

/**
 * Sums over a batch are products with a row vector: on the CPU, XLA's own sums over rows are two
 * kernels where this is one, and the row may weigh examples.
 * @param h [n, features]
 * @param shares of each example, [1, n]
 */
export function batchStatistics(h: Tensor, shares: Tensor): Statistics {
  const mean = matMul(shares, h);
  return { mean, variance: matMul(shares, materialize(square(sub(h, mean)))) };
}

/**
 * BatchNorm on the batch's own statistics (https://arxiv.org/abs/1502.03167), with its gradient in
 * the closed form: two sums over the batch, where differentiating the forward pass gives four.
 * @param h [n, features]
 * @param weight [features]
 * @param bias [features]
 * @param shares as the statistics were taken with
 */
export function batchNorm(
  h: Tensor,
  weight: Tensor,
  bias: Tensor,
  shares: Tensor,
  { mean, variance }: Statistics,
): Tensor {
  const normalise = customGrad((...args) => {
    const [input, scale, shift, save] = args as unknown as [Tensor, Tensor, Tensor, Save];
    const inverse = rsqrt(add(variance, epsilon));
    const normal = mul(sub(input, mean), inverse);
    save([normal, inverse, scale]);
    return {
      value: add(mul(normal, scale), shift),
      gradFunc: (dy: Tensor, [x, inverse, scale]: Tensor[]) => {
        const all = ones([1, dy.shape[0]!]);
        const shiftGradient = matMul(all, dy);
        const scaleGradient = matMul(all, materialize(mul(dy, x!)));
        const common = mul(transpose(shares), add(shiftGradient, mul(x!, scaleGradient)));
        return [
          mul(mul(inverse!, scale!), sub(dy, common)),
          reshape(scaleGradient, [-1]),
          reshape(shiftGradient, [-1]),
        ];
      },
    };
  });
  return normalise(h, weight, bias);
}

type Save = (tensors: Tensor[]) => void;
