import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compile, compileLoop, intAdd, randomUniform } from './index.ts';

createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu');

type Data = { x: tf.Tensor2D; y: tf.Tensor2D };

const data = (): Data => ({
  x: tf.randomNormal([4, 3], 0, 1, 'float32', 1),
  y: tf.randomNormal([4, 2], 0, 1, 'float32', 2),
});

const gradient = (w: tf.Tensor, { x, y }: Data): tf.Tensor =>
  tf.grad((v) => tf.mean(tf.square(tf.sub(tf.matMul(x, v as tf.Tensor2D), y))))(w);

test('steps made in chunks of 1, 10 and 100 give the same bits', () => {
  type State = { w: tf.Tensor; n: tf.Tensor };
  const state: State = { w: tf.ones([3, 2]), n: tf.scalar(0, 'int32') };
  const constants = data();
  const loop = compileLoop({
    step: ({ w, n }: State, c: Data, i): State => ({
      w: tf.sub(w, tf.mul(0.01, tf.add(gradient(w, c), randomUniform([3, 2], [7, i])))),
      n: intAdd(n, i),
    }),
    state,
    constants,
  });
  const inChunks = (size: number): State => {
    let now = state;
    for (let from = 0; from < 100; from += size) {
      now = loop.run({ state: now, constants, from, steps: size });
    }
    return now;
  };
  const whole = inChunks(100);
  for (const size of [1, 10]) {
    expect(inChunks(size).w.dataSync()).toEqual(whole.w.dataSync());
    expect(inChunks(size).n.dataSync()[0]).toBe(4950);
  }
  loop.dispose();
});

test('a compiled gradient equals the eager one', () => {
  const inputs = { w: tf.ones([3, 2]), data: data() };
  const fn = ({ w, data }: typeof inputs) => gradient(w, data);
  const expected = fn(inputs).dataSync();
  for (const jit of [true, false]) {
    const compiled = compile(fn, { inputs, jit });
    const found = compiled.call(inputs).dataSync();
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] as number, 6);
    });
    compiled.dispose();
  }
});
