import { materialize } from '@atelier/graph';
import {
  add,
  concat,
  conv2d,
  customGrad,
  erf,
  exp,
  fill,
  matMul,
  maxPool,
  mean,
  mul,
  relu,
  reshape,
  rsqrt,
  sub,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import type { Layers } from './architectures/architecture.ts';
import { architectureOf, type Network } from './architectures/index.ts';
import { batchNorm, batchStatistics, epsilon } from './batch-norm.ts';

/** Tensors by their names in `tensorSpecs`. */
export type Weights = Record<string, Tensor>;

export interface Forward {
  /** [n, classes], before softmax. */
  logits: Tensor;
  /** What the batch gave in the place of each running statistic: variances are biased estimates. */
  statistics: Weights;
  /** By the names of variances, of how many places of an example each is; 1 where it is not named. */
  places: Record<string, number>;
}

/**
 * The network on running statistics, without dropout.
 * @param x normalised images, [n, inputs]
 * @returns logits, [n, classes]
 */
export function inferenceLogits(x: Tensor, weights: Weights, network: Network): Tensor {
  const linear = affine(weights);
  const normalised = onRunningStatistics(weights);
  return architectureOf(network).forward<Tensor>(
    x,
    network,
    {
      ...common,
      linear,
      normalisedLinear: (x, layer, norm) => normalised(linear(x, layer), norm),
      normalisedConvolution: (x, layer, norm) =>
        normalised(biased(convolution(x, layer, weights), weights[`${layer}.bias`]), norm),
      dropout: (h) => h,
    },
    { parameters: weights, training: false, batchNorm: normalised },
  );
}

/**
 * The network on the batch's own statistics; a BatchNorm whose running statistics are among the
 * weights is frozen, and goes by these.
 * @param x normalised images, [n, inputs]
 * @param shares of each example in the batch's means, [1, n]; together 1, and 0 for what only pads
 */
export function trainingLogits(
  x: Tensor,
  shares: Tensor,
  weights: Weights,
  network: Network,
  dropout: Layers['dropout'],
): Forward {
  const statistics: Weights = {};
  const places: Record<string, number> = {};
  const normalised = (h: Tensor, shares: Tensor, norm: string, held?: Tensor): Tensor => {
    const measured = batchStatistics(h, shares);
    // The batch's mean takes a bias away again: it shows in the running mean alone.
    statistics[`${norm}.running_mean`] = held ? add(measured.mean, held) : measured.mean;
    statistics[`${norm}.running_var`] = measured.variance;
    const { [`${norm}.weight`]: weight, [`${norm}.bias`]: bias } = weights;
    return batchNorm(h, weight!, bias!, shares, measured);
  };
  const linear = affine(weights);
  const frozen = onRunningStatistics(weights);
  const isFrozen = (norm: string): boolean => `${norm}.running_mean` in weights;
  /** Every place of an image is an example to BatchNorm. */
  const overPlaces = (h: Tensor, norm: string, held?: Tensor): Tensor => {
    const [n, channels] = [h.shape[0]!, h.shape.at(-1)!];
    if (h.rank === 2) return normalised(h, shares, norm, held);
    const count = h.size / (n * channels);
    places[`${norm}.running_var`] = count;
    const each = fill([1, count], 1 / count);
    const all = materialize(reshape(mul(reshape(shares, [n, 1]), each), [1, -1]));
    return reshape(normalised(reshape(h, [-1, channels]), all, norm, held), h.shape);
  };
  const logits = architectureOf(network).forward<Tensor>(
    x,
    network,
    {
      ...common,
      linear,
      normalisedLinear: (x, layer, norm) =>
        isFrozen(norm)
          ? frozen(linear(x, layer), norm)
          : normalised(
              matMul(x, weights[`${layer}.weight`]!),
              shares,
              norm,
              weights[`${layer}.bias`],
            ),
      normalisedConvolution(x, layer, norm) {
        const h = convolution(x, layer, weights);
        if (isFrozen(norm)) return frozen(biased(h, weights[`${layer}.bias`]), norm);
        return overPlaces(h, norm, weights[`${layer}.bias`]);
      },
      dropout,
    },
    {
      parameters: weights,
      training: true,
      batchNorm: (h, norm) => (isFrozen(norm) ? frozen(h, norm) : overPlaces(h, norm)),
    },
  );
  return { logits, statistics, places };
}

/**
 * Mean and standard deviation of the training split's pixels, as fractions of 255: of all of them, or
 * one for each channel.
 */
export interface Normalisation {
  mean: number | number[];
  std: number | number[];
}

/**
 * (pixel / 255 - mean) / std for pixels from 0 to 255: what networks are given everywhere.
 * @param pixels [n, height * width * channels], the channels of a pixel side by side
 */
export function normalise(pixels: Tensor, { mean, std }: Normalisation): Tensor {
  const [means, deviations] = [[mean].flat(), [std].flat()];
  const scales = deviations.map((deviation) => 1 / (255 * deviation));
  const shifts = means.map((one, c) => -one / deviations[c]!);
  if (means.length === 1) return add(mul(pixels, scales[0]!), shifts[0]!);
  const [n, features] = pixels.shape as [number, number];
  const ofChannels = (values: number[]): Tensor =>
    concat(
      values.map((value) => fill([1, 1, 1], value)),
      2,
    );
  const channels = means.length;
  const apart = reshape(pixels, [n, features / channels, channels]);
  return reshape(add(mul(apart, ofChannels(scales)), ofChannels(shifts)), [n, features]);
}

const affine =
  (weights: Weights): Layers['linear'] =>
  (x, layer) =>
    biased(matMul(x, weights[`${layer}.weight`]!), weights[`${layer}.bias`]);

/** Networks that people wrote need no bias in front of BatchNorm. */
const biased = (h: Tensor, bias: Tensor | undefined): Tensor => (bias ? add(h, bias) : h);

/** BatchNorm as inference has it. */
const onRunningStatistics =
  (weights: Weights) =>
  (h: Tensor, norm: string): Tensor => {
    const { [`${norm}.running_mean`]: mean, [`${norm}.running_var`]: variance } = weights;
    const { [`${norm}.weight`]: weight, [`${norm}.bias`]: bias } = weights;
    const scale = mul(rsqrt(add(variance!, epsilon)), weight!);
    return add(mul(sub(h, mean!), scale), bias!);
  };

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

/** What training and inference compute alike. */
const common = {
  add,
  gelu,
  relu,
  images: (x, { height, width, channels }) => reshape(x, [-1, height, width, channels]),
  maxPool: (x) => maxPool(x as Tensor4D, 2, 2, 'valid'),
  globalAverage: (x) => mean(x, [1, 2]),
} satisfies Partial<Layers>;

const convolution = (x: Tensor, layer: string, weights: Weights): Tensor =>
  conv2d(x as Tensor4D, weights[`${layer}.weight`] as Tensor4D, 1, 'same');
