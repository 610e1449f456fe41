import * as tf from '@tensorflow/tfjs-core';
import { GraphError, refuseOption } from './graph-error.ts';
import { bitXor, type Int, intAdd, intMul, iota, shiftRightLogical } from './integer.ts';
import { betweenRounds, boxMuller, firstHash, hashNumbers, lowbias32 } from './random-formulas.ts';

/**
 * Names a stream of random numbers, e.g. [seed, site, step]: integers and int32 scalars, order mattering.
 * Equal keys give equal draws, so every place that draws needs a key of its own. Numbers count modulo 2^32;
 * those that are no integers are refused by a GraphError.
 */
export type Key = Int | readonly Int[];

const words = { xor: bitXor, shiftRightLogical, multiply: intMul };

/** `lowbias32` of every element. */
export const mix = (x: tf.Tensor): tf.Tensor => lowbias32<tf.Tensor>(x, words);

/** One hash of all words of a key; numbers that come first are hashed while tracing. */
function hash(key: Key): Int {
  const words = Array.isArray(key) ? (key as readonly Int[]) : [key as Int];
  words.forEach(checkWord);
  return words.reduce<Int>((h, word) => {
    if (typeof h === 'number' && typeof word === 'number') return hashNumbers(h, word);
    return mix(intAdd(mix(bitXor(h, word)), betweenRounds));
  }, firstHash);
}

/** JavaScript's bit operations would cut a fraction off, and take NaN for 0. */
function checkWord(word: Int): void {
  if (typeof word !== 'number' || Number.isInteger(word)) return;
  throw new GraphError(`A random key takes integers; found ${word}.`);
}

/** Two chained finalisers: one alone shows correlations between neighbouring counters. */
const bits = (counter: tf.Tensor, stream: Int): tf.Tensor => mix(bitXor(mix(counter), stream));

/**
 * 32 random bits for every element, as int32. Each is a hash of (key, position) alone: a counter-based
 * generator, the same eagerly and compiled, on every device, and cheap enough to fuse into what uses it.
 */
export function randomBits(shape: readonly number[], key: Key): tf.Tensor {
  if (!shape.every((it) => Number.isInteger(it) && it >= 0)) {
    refuseOption('shape', `[${shape}]`, 'integers from 0 on');
  }
  return tf.tidy(() => {
    const count = tf.util.sizeFromShape([...shape]);
    return tf.reshape(bits(iota(count), hash(key)), [...shape]);
  });
}

/** float32 draws from [0, 1), multiples of 2^-24: the same bits eagerly and compiled, as randomBits. */
export function randomUniform(shape: readonly number[], key: Key): tf.Tensor {
  return tf.tidy(() =>
    tf.mul(tf.cast(shiftRightLogical(randomBits(shape, key), 8), 'float32'), 2 ** -24),
  );
}

const reals = {
  complement: (x: tf.Tensor): tf.Tensor => tf.sub(1, x),
  log: (x: tf.Tensor): tf.Tensor => tf.log(x),
  sqrt: (x: tf.Tensor): tf.Tensor => tf.sqrt(x),
  cos: (x: tf.Tensor): tf.Tensor => tf.cos(x),
  scale: (x: tf.Tensor, factor: number): tf.Tensor => tf.mul(factor, x),
  multiply: (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.mul(a, b),
};

/**
 * Standard normal float32 draws by the Box-Muller transform. Unlike those of randomUniform they may differ
 * in the last digits between eager and compiled, as logarithm and cosine do.
 */
export function randomNormal(shape: readonly number[], key: Key): tf.Tensor {
  return tf.tidy(() => {
    const stream = hash(key);
    const [u, v] = [randomUniform(shape, [stream, 0]), randomUniform(shape, [stream, 1])];
    return boxMuller(u, v, reals);
  });
}

/** Sets a fraction `rate` of the elements to zero and scales the others by 1 / (1 - rate), as tf.dropout. */
export function dropout<T extends tf.Tensor>(x: T, rate: number, key: Key): T {
  if (!(rate >= 0 && rate < 1))
    throw new GraphError(`dropout takes a rate in [0, 1); found ${rate}.`);
  if (rate === 0) return tf.clone(x);
  return tf.tidy(() => {
    const draws = shiftRightLogical(randomBits(x.shape, key), 8);
    const kept = tf.greaterEqual(draws, tf.scalar(Math.round(rate * 2 ** 24), 'int32'));
    return tf.mul(x, tf.mul(tf.cast(kept, 'float32'), 1 / (1 - rate))) as T;
  });
}
