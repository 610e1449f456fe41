import {
  add,
  addN,
  div,
  expm1,
  matMul,
  minimum,
  mul,
  neg,
  ones,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { Recipe } from './recipe.ts';

/**
 * The learning rate of one epoch, annealed by half a cosine over all epochs
 * (torch.optim.lr_scheduler.CosineAnnealingLR, stepped once per epoch).
 * @param epoch counted from 1
 */
export function cosineLearningRate(
  {
    learningRate,
    minimumLearningRate,
    epochs,
  }: Pick<Recipe, 'learningRate' | 'minimumLearningRate' | 'epochs'>,
  epoch: number,
): number {
  const remaining = (1 + Math.cos((Math.PI * (epoch - 1)) / epochs)) / 2;
  return minimumLearningRate + (learningRate - minimumLearningRate) * remaining;
}

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

export interface AdamWState {
  /** They may have any shape. */
  parameters: Tensor;
  /** Exponential mean of the gradients. */
  firstMoment: Tensor;
  /** Exponential mean of their squares. */
  secondMoment: Tensor;
}

/** What all tensors share in one step; scalars. */
export interface AdamWStep {
  /** The learning rate, corrected for the first moment's start at zero. */
  rate: Tensor;
  /** What corrects the second moment's root for its start at zero. */
  scale: Tensor;
  /** What weight decay leaves of a parameter. */
  kept: Tensor;
}

type Options = Pick<Recipe, 'betas' | 'epsilon' | 'weightDecay'>;

/** @param step a float32 scalar, 1 at the first step */
export function adamWStep(
  learningRate: Tensor,
  step: Tensor,
  { betas: [beta1, beta2], weightDecay }: Options,
): AdamWStep {
  return {
    rate: div(learningRate, biasCorrection(beta1, step)),
    scale: div(1, sqrt(biasCorrection(beta2, step))),
    kept: sub(1, mul(learningRate, weightDecay)),
  };
}

/**
 * One step of AdamW for one tensor, as torch.optim.AdamW computes it
 * (https://arxiv.org/abs/1711.05101).
 * @param decays whether weight decay applies
 */
export function adamW(
  { parameters, firstMoment, secondMoment }: AdamWState,
  { gradient, decays }: { gradient: Tensor; decays: boolean },
  { rate, scale, kept }: AdamWStep,
  { betas: [beta1, beta2], epsilon }: Options,
): AdamWState {
  const first = add(mul(firstMoment, beta1), mul(gradient, 1 - beta1));
  const second = add(mul(secondMoment, beta2), mul(square(gradient), 1 - beta2));
  const change = div(mul(rate, first), add(mul(sqrt(second), scale), epsilon));
  return {
    parameters: sub(decays ? mul(parameters, kept) : parameters, change),
    firstMoment: first,
    secondMoment: second,
  };
}

/** 1 - beta^step, exact to float32 also where beta^step is close to 1. */
function biasCorrection(beta: number, step: Tensor): Tensor {
  return neg(expm1(mul(step, Math.log(beta))));
}
