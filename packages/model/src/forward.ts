import { add, matMul, mul, rsqrt, sub, type Tensor } from '@tensorflow/tfjs-core';
import { batchNorm, batchStatistics, epsilon, type Statistics } from './batch-norm.ts';
import type { Network } from './configuration.ts';
import { gelu } from './gelu.ts';

/** Tensors by their names in `tensorSpecs`. */
export type Weights = Record<string, Tensor>;

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
  const normalised = (x: Tensor, block: number): Tensor => {
    const h = affine(x, weights, `fc${block}`);
    const { [`bn${block}.running_mean`]: mean, [`bn${block}.running_var`]: variance } = weights;
    const { [`bn${block}.weight`]: weight, [`bn${block}.bias`]: bias } = weights;
    const scale = mul(rsqrt(add(variance!, epsilon)), weight!);
    return add(mul(sub(h, mean!), scale), bias!);
  };
  return stack(x, weights, network, normalised, (h) => h);
}

/**
 * The network on the batch's own statistics.
 * @param x normalised images, [n, inputs]
 * @param shares of each example in the batch's means, [1, n]; together 1, and 0 for what only pads
 * @param drop applies dropout to an activation; `site` counts its places from 1
 */
export function trainingLogits(
  x: Tensor,
  shares: Tensor,
  weights: Weights,
  network: Network,
  drop: (h: Tensor, site: number) => Tensor,
): Forward {
  const statistics: Statistics[] = [];
  const normalised = (x: Tensor, block: number): Tensor => {
    const { [`fc${block}.weight`]: matrix, [`fc${block}.bias`]: offset } = weights;
    const h = matMul(x, matrix!);
    const measured = batchStatistics(h, shares);
    // The batch's mean takes a bias away again: it shows in the running mean alone.
    statistics.push({ ...measured, mean: add(measured.mean, offset!) });
    const { [`bn${block}.weight`]: weight, [`bn${block}.bias`]: bias } = weights;
    return batchNorm(h, weight!, bias!, shares, measured);
  };
  return { logits: stack(x, weights, network, normalised, drop), statistics };
}

/** Blocks of linear, BatchNorm and GELU, one of them with a residual connection, then the head. */
function stack(
  x: Tensor,
  weights: Weights,
  { widths, residual, dropoutAt }: Network,
  normalised: (x: Tensor, block: number) => Tensor,
  drop: (h: Tensor, site: number) => Tensor,
): Tensor {
  let h = x;
  for (let block = 1; block <= widths.length; block++) {
    const activated = gelu(normalised(h, block));
    const out = dropoutAt === 'blocks' ? drop(activated, block) : activated;
    h = block === residual ? add(h, out) : out;
  }
  return affine(dropoutAt === 'output' ? drop(h, 1) : h, weights, 'head');
}

function affine(x: Tensor, weights: Weights, name: string): Tensor {
  return add(matMul(x, weights[`${name}.weight`]!), weights[`${name}.bias`]!);
}
