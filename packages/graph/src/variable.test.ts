import { createRequire } from 'node:module';
import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import { compile, forLoop } from './index.ts';

loadTensorFlow();
const { layers } = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu');

const x = tf.tensor2d([1, 2], [1, 2]);
const values = (tensor: tf.Tensor) => [...tensor.dataSync()];
const compiledHere: { dispose(): void }[] = [];
const plain = <O>(fn: (x: tf.Tensor) => O) => {
  const compiled = compile(fn, { inputs: x as tf.Tensor, jit: false });
  compiledHere.push(compiled);
  return compiled;
};

afterEach(() => {
  for (const compiled of compiledHere.splice(0)) compiled.dispose();
  tf.disposeVariables();
});

test('a variable that the function makes when it first runs is read at every call', () => {
  let weight: tf.Variable | undefined;
  const fn = (a: tf.Tensor) => {
    weight ??= tf.variable(tf.ones([1, 2]), true, 'lazy');
    return tf.mul(a, weight);
  };
  const compiled = plain(fn);
  expect(values(compiled.call(x))).toEqual([1, 2]);
  weight!.assign(tf.tensor2d([10, 100], [1, 2]));
  expect(values(compiled.call(x))).toEqual([10, 200]);
  expect(values(fn(x))).toEqual([10, 200]);
});

test('so is one that a loop makes, one that another made, and one that takes a gradient', () => {
  const made: tf.Variable[] = [];
  const fn = (a: tf.Tensor) => {
    made[0] ??= tf.variable(tf.fill([1, 2], 2));
    const last = forLoop({
      steps: 2,
      state: a,
      step: (now) => {
        made[1] ??= tf.variable(tf.ones([1, 2]));
        return tf.add(tf.mul(now, made[0]!), made[1]);
      },
    });
    return [last, tf.grad((w) => tf.sum(tf.mul(tf.square(w), a)))(made[0])];
  };
  const compiled = plain(fn);
  expect(compiled.call(x).map(values)).toEqual([
    [7, 11],
    [4, 8],
  ]);
  made[0]!.assign(tf.ones([1, 2]));
  made[1]!.assign(tf.fill([1, 2], 5));
  expect(compiled.call(x).map(values)).toEqual([
    [11, 12],
    [2, 4],
  ]);
});

test('a variable made of what a call gives, or gone when the function ends, is refused', () => {
  expect(() => plain((a) => tf.neg(tf.variable(tf.square(a), true, 'start')))).toThrow(
    /variable "start" is made while tracing, of a value that changes[\s\S]*before compiling/,
  );
  const outer = tf.variable(x);
  expect(() => plain((a) => tf.add(a, tf.variable(tf.clone(outer))))).toThrow(/made while tracing/);
  expect(() =>
    plain((a) => {
      const brief = tf.variable(tf.ones([1, 2]));
      const sum = tf.add(a, brief);
      brief.dispose();
      return sum;
    }),
  ).toThrow(/A variable without name, float32 \[1, 2\], has been disposed of/);
});

test('a layer that is built when it first runs trains on; one that draws is to be built before', () => {
  const lazy = layers.dense({ units: 1, kernelInitializer: 'ones', name: 'lazily_built' });
  const compiled = plain((a) => lazy.apply(a) as tf.Tensor);
  expect(values(compiled.call(x))).toEqual([3]);
  lazy.setWeights([tf.fill([2, 1], 5), tf.ones([1])]);
  expect(values(compiled.call(x))).toEqual([16]);
  expect(() => plain((a) => layers.dense({ units: 1 }).apply(a))).toThrow(
    /draws in JavaScript[\s\S]*make it before compiling/,
  );
});

test('what is kept beyond the trace is refused, as the state of a stateful layer is', () => {
  const kept: tf.Tensor[] = [];
  const keeping = (keep: (a: tf.Tensor) => tf.Tensor) => () =>
    plain((a) => {
      kept.push(tf.keep(keep(a)));
      return tf.neg(a);
    });
  expect(keeping((a) => tf.square(a))).toThrow(
    /outlives it \(tf\.keep\), made by the op "Square"[\s\S]*pass it as an input/,
  );
  expect(keeping((a) => a)).toThrow(/outlives it \(tf\.keep\), one of its inputs/);
  // What no input changes may be kept: it is the same in every call, and in other functions.
  expect(keeping(() => tf.range(0, 2))).not.toThrow();
  expect(values(plain((a) => tf.add(a, kept.at(-1)!)).call(x))).toEqual([1, 3]);

  const lstm = layers.lstm({ units: 2, stateful: true, batchInputShape: [1, 1, 2] });
  tf.tidy(() => void lstm.apply(tf.zeros([1, 1, 2])));
  expect(() => plain((a) => lstm.apply(tf.reshape(a, [1, 1, 2])))).toThrow(
    /outlives it[\s\S]*stateful: true/,
  );
  tf.dispose(kept);
});
