import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compile } from './index.ts';

loadTensorFlow();

const random = (shape: number[], seed: number) => tf.randomUniform(shape, -2, 2, 'float32', seed);

const inputs = {
  a: random([4, 6], 1) as tf.Tensor2D,
  b: random([4, 6], 2) as tf.Tensor2D,
  image: random([2, 8, 8, 3], 6) as tf.Tensor4D,
  ids: tf.tensor1d([2, 0, 3, 1, 2], 'int32'),
  flags: tf.tensor2d(
    [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 1],
    [4, 6],
    'bool',
  ),
};
type Inputs = typeof inputs;

/** What a function gives for one argument, and the gradient of its sum. */
const withGradient = <T extends tf.Tensor>(f: (x: T) => tf.Tensor, x: T) => {
  const { value, grad } = tf.valueAndGrad((v) => tf.sum(f(v as T)))(x);
  return { f: f(x), value, grad };
};

/** Beside what operations.test.ts has of each operation. */
const functions: [string, (x: Inputs) => unknown][] = [
  [
    'mod, floorDiv',
    ({ ids }) => [tf.mod(ids, tf.scalar(3, 'int32')), tf.floorDiv(ids, tf.scalar(2, 'int32'))],
  ],
  [
    'Select, whose condition may be one of rows',
    ({ a, b }) => {
      const condition = tf.greater(tf.sum(a, 1), 0);
      return tf.engine().runKernel('Select', { condition, t: a, e: b }) as tf.Tensor;
    },
  ],
  [
    'cast',
    ({ a, ids, flags }) => [
      tf.cast(a, 'int32'),
      tf.cast(ids, 'float32'),
      tf.cast(flags, 'int32'),
      tf.cast(a, 'bool'),
    ],
  ],
  [
    'reductions over an axis',
    ({ a }) =>
      [tf.max, tf.mean, tf.min, tf.prod, tf.sum].map((op) => withGradient((x) => op(x, 1), a)),
  ],
  [
    'batched matMul',
    ({ image }) =>
      withGradient((x) => tf.matMul(tf.reshape(x, [2, 8, 24]), tf.reshape(x, [2, 24, 8])), image),
  ],
  [
    'mean, moments, accuracy, exp of integers and flags',
    ({ a, b, ids, flags }) => [
      tf.mean(ids),
      tf.mean(flags, 1),
      tf.moments(ids),
      tf.mean(tf.equal(tf.argMax(a, 1), tf.argMax(b, 1))),
      // Run eagerly, tfjs-node's kernel disposes of its int32 argument.
      tf.exp(tf.concat([ids, ids])),
      tf.sum(flags),
      tf.max(ids),
      tf.meshgrid(ids, ids),
    ],
  ],
  [
    'lone constants',
    () => [
      tf.scalar(true, 'bool'),
      tf.tensor1d([1, 2, 3], 'int32'),
      tf.zeros([300, 1000]),
      tf.scalar(-0),
    ],
  ],
];

test.each(functions)('%s gives compiled what it gives eagerly', (_, fn) => {
  const expected = leaves(fn(inputs));
  for (const jit of [true, false]) {
    const compiled = compile(fn, { inputs, jit });
    const found = leaves(compiled.call(inputs));
    expect(found.length).toBe(expected.length);
    for (const [i, tensor] of found.entries()) expectClose(tensor, expected[i] as tf.Tensor);
    compiled.dispose();
  }
});

const leaves = (tree: unknown): tf.Tensor[] => {
  if (tree instanceof tf.Tensor) return [tree];
  return Object.values(tree as object).flatMap(leaves);
};

function expectClose(found: tf.Tensor, expected: tf.Tensor): void {
  expect([found.dtype, found.shape]).toEqual([expected.dtype, expected.shape]);
  const difference = tf.tidy(() => {
    const [a, b] = [tf.cast(found, 'float32'), tf.cast(expected, 'float32')];
    return tf.div(tf.max(tf.abs(tf.sub(a, b))), tf.maximum(tf.max(tf.abs(b)), 1)).dataSync()[0];
  });
  expect(difference).toBeLessThan(1e-5);
}
