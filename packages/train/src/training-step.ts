import type { ImageShape } from '@atelier/data/image-shape';
import { dropout, gather, type Int, intAdd, intSub, shuffled } from '@atelier/graph';
import type { Network } from '@atelier/model';
import { type Normalisation, normalise } from '@atelier/model';
import {
  add,
  cast,
  equal,
  greaterEqual,
  isFinite as isFiniteTensor,
  logicalAnd,
  logicalNot,
  mul,
  scalar,
  stack,
  type Tensor,
  tensor1d,
  where,
  zeros,
} from '@tensorflow/tfjs-core';
import { augmentedImages, drawsOf } from './augmentation.ts';
import { balancedIds } from './balanced-sampling.ts';
import { batchAt, countHits, type Shares } from './batch.ts';
import { weightedShares } from './class-weights.ts';
import { type Dropout, type Examples, lossAndGradient, type MixedWith } from './loss.ts';
import { mixed, mixtureDraws, mixtureOf, partnersOf } from './mixing.ts';
import { type AdamWState, adamW, adamWStep, clipByGlobalNorm } from './optimizer.ts';
import type { TrainingState } from './parameter-buffer.ts';
import { type BufferLayout, toParts } from './parameter-buffer.ts';
import type { Recipe } from './recipe.ts';

/** What steps add up over an epoch: the loss and correct predictions of every example, and norms. */
export const stepSums = ['loss', 'hits', 'gradientNorm'] as const;
export type StepSums<T = number> = Record<(typeof stepSums)[number], T>;

/** Everything that a step changes. A type, not an interface: it is a tree of tensors. */
export type DeviceState = {
  /** float32, one for each of the layout's parts: what the optimizer trains. */
  parameters: Tensor[];
  firstMoment: Tensor[];
  secondMoment: Tensor[];
  /** float32 [runningLength]: BatchNorm's running means and variances. */
  running: Tensor;
  /** int32: optimizer steps made since training began. */
  step: Tensor;
  /** float32, in the order of {@link stepSums}. */
  sums: Tensor;
  /** int32: the first step whose loss was not a finite number; 0 where there was none. */
  diverged: Tensor;
};

/** State of the host on the device, with nothing summed yet. */
export function toDevice(state: TrainingState, layout: BufferLayout): DeviceState {
  return {
    parameters: toParts(state.parameters, layout),
    firstMoment: toParts(state.firstMoment, layout),
    secondMoment: toParts(state.secondMoment, layout),
    running: tensor1d(state.running),
    step: scalar(state.step, 'int32'),
    sums: zeros([stepSums.length]),
    diverged: scalar(0, 'int32'),
  };
}

/** What the steps of one epoch share. */
export type EpochInputs = {
  /** see PixelStore. */
  pixels: Tensor;
  /** int32, one for each image */
  labels: Tensor;
  /** An int32 scalar, counted from 1: with the seed it decides the order of examples. */
  epoch: Tensor;
  /** A float32 scalar. */
  learningRate: Tensor;
  /** An int32 scalar, part of every random key. */
  seed: Tensor;
  /** float32 [heldLength]: parameters that are not trained. */
  held: Tensor;
  /**
   * Where images come in blocks, in the epoch's order: the place of the block's first one in it, an
   * int32 scalar.
   */
  first?: Tensor;
  /** int32 [examples], where classes are sampled alike: see ImagesByClass. */
  members?: Tensor;
};

export interface StepOptions {
  network: Network;
  recipe: Recipe;
  layout: BufferLayout;
  normalisation: Normalisation;
  image: ImageShape;
  /** What an example of each class counts in the loss; alike unless given. */
  classWeights?: readonly number[] | undefined;
  /** Examples of each class that has any, where classes are sampled alike. */
  classCounts?: readonly number[] | undefined;
}

/** PyTorch's BatchNorm momentum: the weight of the new batch. */
const momentum = 0.1;
/** Sites of random draws within a step; dropout's are counted from 1. */
const augmentationSite = 0;
const mixingSite = -2;
/** Keep the orders of epochs apart from what is drawn within steps. */
const [orderSite, withinClassSite] = [-1, -3];

/**
 * One optimizer step as a function of state, inputs and its index in the epoch (an int32 scalar).
 * Run eagerly or compiled, it is the same function.
 * @param examples of the epoch, all blocks together
 */
export function trainingStep(options: StepOptions, examples: number) {
  return (state: DeviceState, inputs: EpochInputs, index: Tensor): DeviceState => {
    const { positions, ...shares } = batchAt(index, options.recipe.batchSize, examples);
    const ids = inputs.first
      ? intSub(positions, inputs.first)
      : orderOf(positions, examples, inputs, options.classCounts);
    return trainOn(state, inputs, { ids, ...shares }, options);
  };
}

/**
 * Which example each place of an epoch's order has: int32, of the places' shape.
 * @param classCounts of the classes that have examples, where they are sampled alike
 */
export function orderOf(
  places: Tensor,
  examples: number,
  { seed, epoch, members }: Pick<EpochInputs, 'epoch' | 'members'> & { seed: Int },
  classCounts: StepOptions['classCounts'],
): Tensor {
  const order = [seed, epoch, orderSite];
  if (classCounts === undefined || members === undefined) return shuffled(places, examples, order);
  const within = [seed, epoch, withinClassSite];
  return balancedIds(places, intSub(epoch, 1), members, classCounts, { order, within });
}

/**
 * One optimizer step on these examples, augmented.
 * @param batch its `ids` are positions in the store, int32 [n]
 */
export function trainOn(
  state: DeviceState,
  inputs: Omit<EpochInputs, 'epoch'>,
  { ids, ...shares }: Shares & { ids: Tensor },
  options: StepOptions,
): DeviceState {
  const { recipe, normalisation, image, classWeights } = options;
  const keyAt = (site: number): Int[] => [inputs.seed, intAdd(state.step, 1), site];
  const store = { pixels: inputs.pixels, ...image };
  const draws = drawsOf(recipe.augmentation, ids.shape[0]!, keyAt(augmentationSite));
  const images = augmentedImages(store, ids, recipe.augmentation, draws, normalisation.mean);
  const labels = gather(inputs.labels, ids);
  const drop: Dropout = (h, rate, site) => dropout(h, rate, keyAt(site));
  const lossSharesOf = (of: Tensor) =>
    classWeights && weightedShares(shares.shares, of, classWeights);
  const x = normalise(images, normalisation);
  const examples: Examples = { x, labels, lossShares: lossSharesOf(labels), ...shares };
  const { mixup, cutmix } = recipe.augmentation;
  if (mixup === 0 && cutmix === 0) return learn(state, examples, inputs, drop, options);
  const mixture = mixtureOf(recipe.augmentation, image, mixtureDraws(keyAt(mixingSite)));
  const partners = partnersOf(ids.shape[0]!, shares.count);
  const theirs = gather(labels, partners);
  const mixedWith: MixedWith = {
    labels: theirs,
    lossShares: lossSharesOf(theirs) ?? shares.shares,
    share: mixture.share,
  };
  return learn(
    state,
    { ...examples, x: mixed(x, partners, mixture), mixedWith },
    inputs,
    drop,
    options,
  );
}

/** Learns from one batch: gradient, clipping, AdamW and running statistics. */
export function learn(
  state: DeviceState,
  examples: Examples,
  { learningRate, held }: Pick<EpochInputs, 'learningRate' | 'held'>,
  drop: Dropout,
  options: Pick<StepOptions, 'network' | 'recipe' | 'layout'>,
): DeviceState {
  const { shares, count } = examples;
  const step = intAdd(state.step, 1);
  const buffers = { parameters: state.parameters, held };
  const { loss, logits, statistics, gradients } = lossAndGradient(examples, buffers, drop, options);
  const { clipped, norm } = clipByGlobalNorm(gradients, options.recipe.clipNorm);
  const shared = adamWStep(learningRate, cast(step, 'float32'), options.recipe);
  const updated = clipped.map((gradient, i) => {
    const { decays } = options.layout.parts[i]!;
    return adamW(partOf(state, i), { gradient, decays }, shared, options.recipe);
  });
  const hits = countHits(logits, mainLabels(examples), shares);
  const measured: StepSums<Tensor> = { loss: mul(loss, count), hits, gradientNorm: norm };
  const failed = logicalAnd(logicalNot(isFiniteTensor(loss)), equal(state.diverged, 0));
  return {
    parameters: updated.map(({ parameters }) => parameters),
    firstMoment: updated.map(({ firstMoment }) => firstMoment),
    secondMoment: updated.map(({ secondMoment }) => secondMoment),
    running: add(mul(state.running, 1 - momentum), mul(statistics, momentum)),
    step,
    sums: add(state.sums, stack(stepSums.map((name) => measured[name]))),
    diverged: where(failed, step, state.diverged),
  };
}

/** Of mixed examples the label with the larger share, which accuracy is counted against: int32 [n] */
const mainLabels = ({ labels, mixedWith }: Examples): Tensor =>
  mixedWith === undefined
    ? labels
    : where(greaterEqual(mixedWith.share, 0.5), labels, mixedWith.labels);

const partOf = ({ parameters, firstMoment, secondMoment }: DeviceState, i: number): AdamWState => ({
  parameters: parameters[i]!,
  firstMoment: firstMoment[i]!,
  secondMoment: secondMoment[i]!,
});
