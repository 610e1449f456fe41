import { type Network, trainingLogits, type Weights } from '@atelier/model';
import {
  add,
  clone,
  div,
  keep,
  logSoftmax,
  mul,
  neg,
  oneHot,
  reshape,
  type Scalar,
  sub,
  sum,
  type Tensor,
  valueAndGrads,
} from '@tensorflow/tfjs-core';
import type { Shares } from './batch.ts';
import {
  type BufferLayout,
  flatten,
  partsOfWeights,
  unflatten,
  weightsOfParts,
} from './parameter-buffer.ts';
import type { Recipe } from './recipe.ts';

/** Applies dropout of this rate to an activation; `site` counts its places from 1. */
export type Dropout = (h: Tensor, rate: number, site: number) => Tensor;

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
  /** Of each example in the loss, [1, n]; together 1, and `shares` unless given. */
  lossShares?: Tensor | undefined;
  /** What each example is mixed with; nothing unless given. */
  mixedWith?: MixedWith | undefined;
}

/** The partners that examples are mixed with. */
export interface MixedWith {
  /** int32 [n] */
  labels: Tensor;
  /** Of each in the loss of the partners' labels, [1, n]; together 1. */
  lossShares: Tensor;
  /** A scalar: what of each example is its own. */
  share: Tensor;
}

/**
 * Mean cross-entropy against smoothed labels (torch.nn.CrossEntropyLoss(label_smoothing)): the
 * target is 1 - smoothing on the label plus smoothing spread evenly over all classes.
 * @param logits [n, classes]
 * @param labels int32 [n]
 * @param shares of each example in the mean, [1, n]
 * @returns a scalar, in nats
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  smoothing: number,
  shares: Tensor,
): Tensor {
  const classes = logits.shape[1]!;
  const hard = oneHot(labels, classes, 1, 0, 'float32');
  const target = add(mul(hard, 1 - smoothing), smoothing / classes);
  const likelihoods = sum(mul(target, logSoftmax(logits)), 1);
  return neg(sum(mul(likelihoods, reshape(shares, [-1]))));
}

/**
 * One batch forward, on its own statistics and with dropout, and back.
 * @param buffers parameters by the layout's parts, and the held buffer
 */
export function lossAndGradient(
  { x, labels, shares, count, lossShares = shares, mixedWith }: Examples,
  buffers: { parameters: Tensor[]; held: Tensor },
  drop: Dropout,
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
    const { logits, statistics, places } = trainingLogits(x, shares, weights, network, drop);
    const measured = layout.running.map(({ name, role }) =>
      role === 'runningVariance'
        ? unbiased(statistics[name]!, count, places[name])
        : statistics[name]!,
    );
    kept.logits = keep(logits);
    kept.statistics = keep(flatten(measured));
    const own = crossEntropy(logits, labels, recipe.labelSmoothing, lossShares);
    return (mixedWith ? mixedLoss(own, logits, mixedWith, recipe.labelSmoothing) : own) as Scalar;
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

/**
 * The loss of mixed examples: of their own labels and of their partners', by their shares. That is
 * the cross-entropy against the mixed labels, as timm's SoftTargetCrossEntropy computes it.
 */
export const mixedLoss = (
  own: Tensor,
  logits: Tensor,
  { labels, lossShares, share }: MixedWith,
  smoothing: number,
): Tensor =>
  add(mul(own, share), mul(crossEntropy(logits, labels, smoothing, lossShares), sub(1, share)));

/** A variance over examples, and the places of each, that was divided by their number. */
function unbiased(variance: Tensor, examples: Tensor, places = 1): Tensor {
  const n = places === 1 ? examples : mul(examples, places);
  return mul(variance, div(n, sub(n, 1)));
}

/** A kept tensor as one of the enclosing tidy's again. */
function release(kept: Tensor): Tensor {
  const tracked = clone(kept);
  kept.dispose();
  return tracked;
}
