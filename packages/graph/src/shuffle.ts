import * as tf from '@tensorflow/tfjs-core';
import { checkNumber } from './graph-error.ts';
import {
  bitAnd,
  bitXor,
  type Int,
  intAdd,
  intMax,
  intMod,
  intSub,
  shiftRightLogical,
} from './integer.ts';
import { type Key, mix, randomBits } from './random.ts';

/** Each halves what is left of an element's origin; 2^16 elements need 16, the rest is margin. */
const rounds = 24;

/**
 * Where a random permutation of 0 … count-1 takes each of these positions, without the permutation being
 * held anywhere: a batch of a shuffled dataset costs as much as the batch. It is the swap-or-not
 * shuffle (Hoang, Morris and Rogaway 2012, https://arxiv.org/abs/1208.1176): every round pairs
 * x with K - x modulo count and swaps the pair or not, as a hash of the two decides.
 * @param positions int32 in 0 … count-1, of any shape
 * @param count at least 1 and less than 2^30; an int32 tensor of the positions' shape takes each
 *   position to where the permutation of as many would
 * @returns int32 in 0 … count-1, of the same shape, no two equal where no two positions of one count are
 */
export function shuffled(positions: tf.Tensor, count: Int, key: Key): tf.Tensor {
  const fits = (it: number) => Number.isInteger(it) && it >= 1 && it < 2 ** 30;
  if (typeof count === 'number') checkNumber('count', count, fits, 'an integer from 1 to 2^30 - 1');
  return tf.tidy(() => {
    const [bits, salts] = tf.unstack(randomBits([2, rounds], key)) as [tf.Tensor, tf.Tensor];
    const shifts = shiftRightLogical(bits, 1);
    const pairSums =
      typeof count === 'number'
        ? tf.unstack(intMod(shifts, count))
        : tf.unstack(shifts).map((shift) => intMod(shift, count));
    return tf.unstack(salts).reduce((x, salt, round) => {
      const partner = modulo(intSub(pairSums[round]!, x), count);
      const decision = bitAnd(mix(bitXor(intMax(x, partner), salt)), 1);
      return tf.where(tf.cast(decision, 'bool'), partner, x);
    }, positions);
  });
}

/** The remainder of a difference of two numbers below `count`. */
const modulo = (difference: tf.Tensor, count: Int): tf.Tensor =>
  tf.where(tf.less(difference, 0), intAdd(difference, count), difference);
