import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';

loadTensorFlow();

/** A use of an operation that stands for all others of it. */
export interface Sample {
  /** All are inputs of the program, whatever their types. */
  inputs: tf.Tensor[];
  /** Gives a tree of tensors, or what else the operation gives. */
  fn(...inputs: tf.Tensor[]): unknown;
}

/** Samples by the names of tfjs's operations, `image.transform` for `tf.image.transform`. */
export type Samples = Readonly<Record<string, Sample>>;

export const sample = <A extends tf.Tensor[]>(
  inputs: [...A],
  fn: (...inputs: A) => unknown,
): Sample => ({ inputs, fn: fn as Sample['fn'] });

/** Samples of operations that all take the same. */
export const samplesOf = <A extends tf.Tensor[]>(
  inputs: [...A],
  ops: Readonly<Record<string, (...inputs: A) => unknown>>,
): Samples =>
  Object.fromEntries(
    Object.entries(ops).map(([name, op]) => [name, sample(inputs, (...x) => op(...x))]),
  );

const random = (shape: number[], seed: number, low: number, high: number): tf.Tensor =>
  tf.randomUniform(shape, low, high, 'float32', seed);

export const a = random([4, 6], 1, -2, 2) as tf.Tensor2D;
export const b = random([4, 6], 2, -2, 2) as tf.Tensor2D;
export const w = random([6, 3], 3, -2, 2) as tf.Tensor2D;
export const row = random([6], 9, -2, 2) as tf.Tensor1D;
export const positive = random([4, 6], 4, 0.1, 3) as tf.Tensor2D;
export const unit = random([4, 6], 5, -0.9, 0.9) as tf.Tensor2D;
export const image = random([2, 8, 8, 3], 6, -2, 2) as tf.Tensor4D;
export const volume = random([1, 4, 4, 4, 2], 8, -2, 2) as tf.Tensor5D;
export const ids = tf.tensor1d([2, 0, 3, 1], 'int32');
export const flags = tf.greater(random([4, 6], 10, -1, 1), 0) as tf.Tensor2D;
export const otherFlags = tf.greater(random([4, 6], 11, -1, 1), 0) as tf.Tensor2D;
export const text = tf.tensor1d(['a b', 'c'], 'string');
