import * as tf from '@tensorflow/tfjs-core';
import { checkNumber } from '../graph-error.ts';
import { type Optimizer, optimizer } from './optimizer.ts';
import type { Schedule } from './schedules.ts';

interface LearningRate {
  /** A number, or a function of the number of updates made. */
  learningRate: number | Schedule;
}

interface WeightDecay {
  /** What a parameter loses of itself in an update, times the learning rate. */
  weightDecay?: number;
  /** Which parameters decay, by their place in the tree, e.g. `layers/0/weight`; all by default. */
  decays?: (path: string, parameter: tf.Tensor) => boolean;
}

/** Plain gradient descent (torch.optim.SGD). */
export const sgd = ({ learningRate }: LearningRate): Optimizer<never> =>
  optimizer([], learningRate, ({ parameter, gradient }, { rate }) => ({
    parameter: tf.sub(parameter, tf.mul(rate, gradient)),
    averages: [],
  }));

/** Gradient descent with momentum (torch.optim.SGD with `momentum` and `nesterov`, no dampening). */
export const momentum = ({
  learningRate,
  momentum: kept = 0.9,
  nesterov = false,
}: LearningRate & { momentum?: number; nesterov?: boolean }): Optimizer<'velocity'> => {
  checkShare('momentum', kept);
  return optimizer(
    ['velocity'],
    learningRate,
    ({ parameter, gradient, averages: [velocity] }, { rate }) => {
      const next = tf.add(tf.mul(velocity!, kept), gradient);
      const direction = nesterov ? tf.add(gradient, tf.mul(next, kept)) : next;
      return { parameter: tf.sub(parameter, tf.mul(rate, direction)), averages: [next] };
    },
  );
};

interface Adam extends LearningRate {
  betas?: readonly [number, number];
  epsilon?: number;
}

/** https://arxiv.org/abs/1412.6980 (torch.optim.Adam). */
export const adam = (options: Adam): Optimizer<'firstMoment' | 'secondMoment'> =>
  adamw({ ...options, weightDecay: 0 });

/** Adam with decoupled weight decay, https://arxiv.org/abs/1711.05101 (torch.optim.AdamW). */
export const adamw = ({
  learningRate,
  betas: [beta1, beta2] = [0.9, 0.999],
  epsilon = 1e-8,
  ...decay
}: Adam & WeightDecay): Optimizer<'firstMoment' | 'secondMoment'> => {
  checkShare('betas[0]', beta1);
  checkShare('betas[1]', beta2);
  checkEpsilon(epsilon);
  checkDecay(decay);
  return optimizer(
    ['firstMoment', 'secondMoment'],
    learningRate,
    ({ parameter, gradient, averages: [first, second], path }, { rate, step }) => {
      const m = mean(first!, gradient, beta1);
      const v = mean(second!, tf.square(gradient), beta2);
      const root = tf.sqrt(tf.div(v, biasCorrection(beta2, step)));
      const change = tf.div(tf.div(m, biasCorrection(beta1, step)), tf.add(root, epsilon));
      return {
        parameter: tf.sub(decayed(parameter, path, rate, decay), tf.mul(rate, change)),
        averages: [m, v],
      };
    },
  );
};

/** Gradients over the root of their mean square (torch.optim.RMSprop with `alpha`). */
export const rmsprop = ({
  learningRate,
  decay = 0.99,
  epsilon = 1e-8,
}: LearningRate & { decay?: number; epsilon?: number }): Optimizer<'meanSquare'> => {
  checkShare('decay', decay);
  checkEpsilon(epsilon);
  return optimizer(
    ['meanSquare'],
    learningRate,
    ({ parameter, gradient, averages: [square] }, { rate }) => {
      const next = mean(square!, tf.square(gradient), decay);
      const change = tf.div(gradient, tf.add(tf.sqrt(next), epsilon));
      return { parameter: tf.sub(parameter, tf.mul(rate, change)), averages: [next] };
    },
  );
};

/** The sign of a momentum, with decoupled weight decay, https://arxiv.org/abs/2302.06675 (optax.lion). */
export const lion = ({
  learningRate,
  betas: [beta1, beta2] = [0.9, 0.99],
  ...decay
}: LearningRate & WeightDecay & { betas?: readonly [number, number] }): Optimizer<'moment'> => {
  checkShare('betas[0]', beta1);
  checkShare('betas[1]', beta2);
  checkDecay(decay);
  return optimizer(
    ['moment'],
    learningRate,
    ({ parameter, gradient, averages: [moment], path }, { rate }) => ({
      parameter: tf.sub(
        decayed(parameter, path, rate, decay),
        tf.mul(rate, tf.sign(mean(moment!, gradient, beta1))),
      ),
      averages: [mean(moment!, gradient, beta2)],
    }),
  );
};

/** Of what was before: all of it would never change. */
const checkShare = (name: string, value: number): void =>
  checkNumber(name, value, (it) => it >= 0 && it < 1, 'a number from 0 to less than 1');

/** With 0 a parameter whose gradient is 0 would become NaN. */
const checkEpsilon = (epsilon: number): void =>
  checkNumber('epsilon', epsilon, (it) => it > 0, 'a number above 0');

const checkDecay = ({ weightDecay = 0 }: WeightDecay): void =>
  checkNumber('weightDecay', weightDecay, (it) => it >= 0, 'a number from 0 on');

const mean = (before: tf.Tensor, now: tf.Tensor, kept: number): tf.Tensor =>
  tf.add(tf.mul(before, kept), tf.mul(now, 1 - kept));

function decayed(
  parameter: tf.Tensor,
  path: string,
  rate: tf.Tensor,
  { weightDecay = 0.01, decays = () => true }: WeightDecay,
): tf.Tensor {
  if (weightDecay === 0 || !decays(path, parameter)) return parameter;
  return tf.mul(parameter, tf.sub(1, tf.mul(rate, weightDecay)));
}

/** 1 - beta^step, exact to float32 also where beta^step is close to 1. */
const biasCorrection = (beta: number, step: tf.Tensor): tf.Tensor =>
  tf.neg(tf.expm1(tf.mul(step, Math.log(beta))));
