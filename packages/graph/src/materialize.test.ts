import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compile, forLoop, materialize } from './index.ts';
import { trace } from './trace.ts';

loadTensorFlow();

test('a materialized tensor is the same tensor, and gradients pass through it', () => {
  const fn = (x: tf.Tensor) => {
    const { value, grad } = tf.valueAndGrad((y) => tf.sum(tf.square(materialize(tf.exp(y)))))(x);
    return { value, grad, count: materialize(tf.cast(x, 'int32')) };
  };
  const x = tf.tensor1d([0, 1, 2]);
  const read = (result: ReturnType<typeof fn>) =>
    [result.value, result.grad, result.count].flatMap((it) => [...it.dataSync()]);
  const expected = read(fn(x));
  expect(expected.slice(1, 4)).toEqual(
    [2, 4, 6].map((_, i) => expect.closeTo(2 * Math.exp(2 * i), 3)),
  );
  for (const jit of [true, false]) {
    const compiled = compile(fn, { inputs: x, jit });
    for (const [i, value] of read(compiled.call(x)).entries()) {
      expect(value / ((expected[i] as number) || 1)).toBeCloseTo(expected[i] === 0 ? 0 : 1, 5);
    }
    compiled.dispose();
  }
});

test('XLA is given a barrier for every tensor, in loops as well; other executors know none', () => {
  const fn = (x: tf.Tensor) => {
    const step = (now: tf.Tensor) => materialize(tf.add(now, 1));
    return tf.neg(materialize(forLoop({ steps: 2, state: x, step })));
  };
  const barriers = (jit: boolean) =>
    trace(fn, tf.tensor1d([0]), {
      maximumConstantBytes: 64,
      maximumConstantsBytes: 64,
      embedVariables: false,
      jit,
    })
      .functions.map(({ nodes }) => nodes.filter(({ op }) => op === 'XlaOptimizationBarrier'))
      .map(({ length }) => length);
  // The loop's body, its condition, and the program.
  expect(barriers(true)).toEqual([1, 0, 1]);
  expect(barriers(false)).toEqual([0, 0, 0]);
});
