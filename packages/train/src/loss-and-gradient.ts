import { type Network, trainingLogits, type Weights } from '@atelier/model';
import {
  clone,
  div,
  keep,
  mul,
  type Scalar,
  sub,
  type Tensor,
  valueAndGrads,
} from '@tensorflow/tfjs-core';
import type { Shares } from './batch.ts';
import type { Recipe } from './configuration.ts';
import { crossEntropy } from './cross-entropy.ts';
import {
  type BufferLayout,
  flatten,
  partsOfWeights,
  unflatten,
  weightsOfParts,
} from './parameter-buffer.ts';

export interface LossAndGradient {
  /** A scalar: the mean over the batch. */
  loss: Tensor;
  /** [n, classes] */
  logits: Tensor;
  /** The batch's means and unbiased variances, in the layout of the running statistics. */
  statistics: Tensor;
  /** One for each of the layout's parts. */
  gradients: Tensor[];
}

export interface Examples extends Shares {
  /** Normalised, [n, inputs]. */
  x: Tensor;
  /** int32 [n] */
  labels: Tensor;
}

/**
 * One batch forward, on its own statistics and with dropout, and back.
 * @param buffers parameters by the layout's parts, and the held buffer
 * @param drop applies dropout to an activation; `site` counts its places from 1
 */
export function lossAndGradient(
  { x, labels, shares, count }: Examples,
  buffers: { parameters: Tensor[]; held: Tensor },
  drop: (h: Tensor, site: number) => Tensor,
  {
    network,
    recipe,
    layout,
  }: { network: Network; recipe: Pick<Recipe, 'labelSmoothing'>; layout: BufferLayout },
): LossAndGradient {
  const trained = weightsOfParts(buffers.parameters, layout);
  const names = layout.trained.map(({ name }) => name);
  const held = unflatten(buffers.held, layout.held);
  // tfjs disposes of everything else that the forward pass makes.
  const kept: { logits?: Tensor; statistics?: Tensor } = {};
  const lossOf = (...tensors: Tensor[]): Scalar => {
    const named = names.map((name, i): [string, Tensor] => [name, tensors[i]!]);
    const weights: Weights = { ...held, ...Object.fromEntries(named) };
    const { logits, statistics } = trainingLogits(x, shares, weights, network, drop);
    const unbiased = div(count, sub(count, 1));
    const measured = statistics.flatMap(({ mean, variance }) => [mean, mul(variance, unbiased)]);
    kept.logits = keep(logits);
    kept.statistics = keep(flatten(measured));
    return crossEntropy(logits, labels, recipe.labelSmoothing, shares) as Scalar;
  };
  const { value, grads } = valueAndGrads(lossOf)(names.map((name) => trained[name]!));
  const byName = Object.fromEntries(names.map((name, i) => [name, grads[i]!]));
  return {
    loss: value,
    logits: release(kept.logits!),
    statistics: release(kept.statistics!),
    gradients: partsOfWeights(byName, layout),
  };
}

/** A kept tensor as one of the enclosing tidy's again. */
function release(kept: Tensor): Tensor {
  const tracked = clone(kept);
  kept.dispose();
  return tracked;
}
