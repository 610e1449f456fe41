import { add, customGrad, erf, exp, mul, type Tensor } from '@tensorflow/tfjs-core';

/**
 * The exact Gaussian error linear unit, x * Phi(x), elementwise (torch.nn.GELU's default;
 * https://arxiv.org/abs/1606.08415). Its own gradient, Phi(x) + x * phi(x), reuses Phi.
 */
export const gelu = customGrad((x, save) => {
  const input = x as Tensor;
  const cumulative = add(mul(erf(mul(input, Math.SQRT1_2)), 0.5), 0.5);
  (save as (tensors: Tensor[]) => void)([input, cumulative]);
  return {
    value: mul(input, cumulative),
    gradFunc: (dy: Tensor, [z, phi]: Tensor[]) => {
      const density = mul(exp(mul(mul(z!, z!), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return mul(dy, add(phi!, mul(z!, density)));
    },
  };
}) as (x: Tensor) => Tensor;
