import { add, div, expm1, mul, neg, sqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { Recipe } from './configuration.ts';

export interface AdamWState {
  /** Of any shape. */
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
 * @param decayed whether weight decay applies
 */
export function adamW(
  { parameters, firstMoment, secondMoment }: AdamWState,
  { gradient, decayed }: { gradient: Tensor; decayed: boolean },
  { rate, scale, kept }: AdamWStep,
  { betas: [beta1, beta2], epsilon }: Options,
): AdamWState {
  const first = add(mul(firstMoment, beta1), mul(gradient, 1 - beta1));
  const second = add(mul(secondMoment, beta2), mul(square(gradient), 1 - beta2));
  const change = div(mul(rate, first), add(mul(sqrt(second), scale), epsilon));
  return {
    parameters: sub(decayed ? mul(parameters, kept) : parameters, change),
    firstMoment: first,
    secondMoment: second,
  };
}

/** 1 - beta^step, exact to float32 also where beta^step is close to 1. */
function biasCorrection(beta: number, step: Tensor): Tensor {
  return neg(expm1(mul(step, Math.log(beta))));
}
