import { add, matMul, mean, mul, rsqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { Network } from './configuration.ts';
import { gelu } from './gelu.ts';

/** Tensors by their names in `tensorSpecs`. */
export type Weights = Record<string, Tensor>;

/** Added to variances before their square root, as in torch.nn.BatchNorm1d. */
const epsilon = 1e-5;

export interface Statistics {
  /** Of each feature over the batch, [features]. */
  mean: Tensor;
  /** The biased estimate (divided by n), [features]. */
  variance: Tensor;
}

export interface Forward {
  /** [n, classes], before softmax. */
  logits: Tensor;
  /** The statistics of every block's batch, first to last. */
  statistics: Statistics[];
}

/**
 * The network on running statistics, without dropout.
 * @param x normalised images, [n, inputs]
 * @returns logits, [n, classes]
 */
export function inferenceLogits(x: Tensor, weights: Weights, network: Network): Tensor {
  const statisticsOf = (_h: Tensor, block: number) => ({
    mean: weights[`bn${block}.running_mean`]!,
    variance: weights[`bn${block}.running_var`]!,
  });
  return stack(x, weights, network, statisticsOf, (h) => h);
}

/**
 * The network on the batch's own statistics.
 * @param x normalised images, [n, inputs]
 * @param drop applies dropout to an activation; `site` counts its places from 1
 */
export function trainingLogits(
  x: Tensor,
  weights: Weights,
  network: Network,
  drop: (h: Tensor, site: number) => Tensor,
): Forward {
  const statistics: Statistics[] = [];
  const statisticsOf = (h: Tensor) => {
    const center = mean(h, 0);
    const measured = { mean: center, variance: mean(square(sub(h, center)), 0) };
    statistics.push(measured);
    return measured;
  };
  return { logits: stack(x, weights, network, statisticsOf, drop), statistics };
}

/** Blocks of linear, BatchNorm and GELU, one of them with a residual connection, then the head. */
function stack(
  x: Tensor,
  weights: Weights,
  { widths, residual, dropoutAt }: Network,
  statisticsOf: (h: Tensor, block: number) => Statistics,
  drop: (h: Tensor, site: number) => Tensor,
): Tensor {
  let h = x;
  for (let block = 1; block <= widths.length; block++) {
    const linear = affine(h, weights, `fc${block}`);
    const normalised = batchNorm(linear, weights, block, statisticsOf(linear, block));
    const activated = gelu(normalised);
    const out = dropoutAt === 'blocks' ? drop(activated, block) : activated;
    h = block === residual ? add(h, out) : out;
  }
  return affine(dropoutAt === 'output' ? drop(h, 1) : h, weights, 'head');
}

function affine(x: Tensor, weights: Weights, name: string): Tensor {
  return add(matMul(x, weights[`${name}.weight`]!), weights[`${name}.bias`]!);
}

function batchNorm(
  h: Tensor,
  weights: Weights,
  block: number,
  { mean, variance }: Statistics,
): Tensor {
  const scale = mul(rsqrt(add(variance, epsilon)), weights[`bn${block}.weight`]!);
  return add(mul(sub(h, mean), scale), weights[`bn${block}.bias`]!);
}
