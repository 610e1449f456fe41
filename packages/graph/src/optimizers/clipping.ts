import * as tf from '@tensorflow/tfjs-core';
import { checkNumber } from '../graph-error.ts';
import { unflatten } from '../tree.ts';
import { leavesOf } from './optimizer.ts';

/**
 * Scales gradients so that their norm together is at most `maximum` (torch.nn.utils.clip_grad_norm_).
 * @returns a tree of the gradients' names, the caller's to dispose
 */
export function clipByGlobalNorm<P>(gradients: P, maximum: number): P {
  checkMaximum(maximum);
  return tf.tidy(() => {
    const { leaves, structure } = leavesOf(gradients, 'gradient');
    const norm = tf.sqrt(tf.addN(leaves.map(({ value }) => tf.sum(tf.square(value)))));
    const factor = tf.minimum(1, tf.div(maximum, tf.add(norm, 1e-6)));
    const clipped = leaves.map(({ value }) => tf.mul(value, factor));
    return unflatten(structure, clipped) as never;
  }) as P;
}

/** Cuts every element of the gradients to [-maximum, maximum] (torch.nn.utils.clip_grad_value_). */
export function clipByValue<P>(gradients: P, maximum: number): P {
  checkMaximum(maximum);
  return tf.tidy(() => {
    const { leaves, structure } = leavesOf(gradients, 'gradient');
    const clipped = leaves.map(({ value }) => tf.clipByValue(value, -maximum, maximum));
    return unflatten(structure, clipped) as never;
  }) as P;
}

const checkMaximum = (maximum: number): void =>
  checkNumber('maximum', maximum, (it) => it > 0, 'a number above 0');
