import * as tf from '@tensorflow/tfjs-core';
import { checkNumber } from '../graph-error.ts';

/**
 * The learning rate of an update, a float32 scalar.
 * @param step how many updates came before, an int32 scalar
 */
export type Schedule = (step: tf.Tensor) => tf.Tensor;

const counted = (step: tf.Tensor): tf.Tensor => tf.cast(step, 'float32');

export const constant =
  (rate: number): Schedule =>
  () =>
    tf.scalar(rate);

/**
 * Half a cosine from `rate` down to `minimum` over `steps` updates, and `minimum` afterwards
 * (torch.optim.lr_scheduler.CosineAnnealingLR up to there).
 */
export const cosine = ({
  rate,
  steps,
  minimum = 0,
}: {
  rate: number;
  steps: number;
  minimum?: number;
}): Schedule => {
  checkNumber('steps', steps, (it) => it >= 1, 'a number from 1 on, besides those of a warm-up');
  return (step) => {
    const done = tf.minimum(tf.div(counted(step), steps), 1);
    const left = tf.mul(tf.add(tf.cos(tf.mul(done, Math.PI)), 1), 0.5);
    return tf.add(tf.mul(left, rate - minimum), minimum);
  };
};

/**
 * Rises in equal steps from 0 to `rate` during `warmUp` updates, then falls as `cosine` over those that are
 * left of `steps` (optax.warmup_cosine_decay_schedule).
 */
export const warmUpCosine = ({
  warmUp,
  steps,
  ...rest
}: {
  rate: number;
  warmUp: number;
  steps: number;
  minimum?: number;
}): Schedule => {
  const falling = cosine({ ...rest, steps: steps - warmUp });
  return (step) =>
    tf.where(
      tf.less(counted(step), warmUp),
      tf.mul(counted(step), rest.rate / Math.max(warmUp, 1)),
      falling(tf.sub(counted(step), warmUp)),
    );
};

/** `rate`, times `factor` after every `every` updates (torch.optim.lr_scheduler.StepLR). */
export const stepDecay = ({
  rate,
  every,
  factor,
}: {
  rate: number;
  every: number;
  factor: number;
}): Schedule => {
  checkNumber('every', every, (it) => it > 0, 'a number above 0');
  return (step) => tf.mul(rate, tf.pow(factor, tf.floor(tf.div(counted(step), every))));
};

/** `rate`, times `factor` after every update (torch.optim.lr_scheduler.ExponentialLR). */
export const exponentialDecay =
  ({ rate, factor }: { rate: number; factor: number }): Schedule =>
  (step) =>
    tf.mul(rate, tf.pow(factor, counted(step)));
