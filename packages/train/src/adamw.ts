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

export interface AdamWInputs {
  gradient: Tensor;
  /** Whether weight decay applies. */
  decayed: boolean;
  /** A scalar. */
  learningRate: Tensor;
  /** A float32 scalar, 1 at the first step. */
  step: Tensor;
}

/** One step of AdamW, as torch.optim.AdamW computes it (https://arxiv.org/abs/1711.05101). */
export function adamW(
  { parameters, firstMoment, secondMoment }: AdamWState,
  { gradient, decayed, learningRate, step }: AdamWInputs,
  {
    betas: [beta1, beta2],
    epsilon,
    weightDecay,
  }: Pick<Recipe, 'betas' | 'epsilon' | 'weightDecay'>,
): AdamWState {
  const first = add(mul(firstMoment, beta1), mul(gradient, 1 - beta1));
  const second = add(mul(secondMoment, beta2), mul(square(gradient), 1 - beta2));
  const rate = div(learningRate, biasCorrection(beta1, step));
  const scale = div(1, sqrt(biasCorrection(beta2, step)));
  const kept = sub(1, mul(learningRate, weightDecay));
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
