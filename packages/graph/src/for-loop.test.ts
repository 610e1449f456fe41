import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compile, compileLoop, forLoop, intAdd, intMul, randomUniform } from './index.ts';

loadTensorFlow();

type Data = { x: tf.Tensor2D; y: tf.Tensor2D };
type State = { w: tf.Tensor; sum: tf.Tensor };

const data: Data = {
  x: tf.randomNormal([16, 8], 0, 1, 'float32', 1),
  y: tf.randomNormal([16, 4], 0, 1, 'float32', 2),
};
const state: State = { w: tf.zeros([8, 4]), sum: tf.scalar(0, 'int32') };

/** A step of noisy gradient descent that also adds up the steps' numbers. */
const step = ({ w, sum }: State, { x, y }: Data, i: tf.Scalar): State => {
  const error = (v: tf.Tensor) => tf.mean(tf.square(tf.sub(tf.matMul(x, v as tf.Tensor2D), y)));
  const noise = tf.mul(randomUniform([8, 4], [7, i]), 0.01);
  const moved = tf.sub(w, tf.mul(tf.add(tf.grad(error)(w), noise), 0.1));
  return { w: moved, sum: intAdd(sum, i) };
};

const values = (tensor: tf.Tensor) => [...tensor.dataSync()];

test('steps made in chunks of 1, 10 and 100 give the same bits, and nearly the eager ones', () => {
  const loop = compileLoop({ step, state, constants: data });
  const inChunks = (size: number): State => {
    let now = state;
    for (let from = 0; from < 100; from += size) {
      now = loop.run({ state: now, constants: data, from, steps: size });
    }
    return now;
  };
  const whole = inChunks(100);
  expect(values(whole.sum)).toEqual([4950]);
  for (const size of [1, 10]) {
    const chunked = inChunks(size);
    expect(chunked.w.dataSync()).toEqual(whole.w.dataSync());
    expect(values(chunked.sum)).toEqual([4950]);
  }
  const eager = forLoop({ steps: 100, state, step: (now: State, i) => step(now, data, i) });
  expect(values(eager.sum)).toEqual([4950]);
  for (const [i, w] of values(eager.w).entries())
    expect(w).toBeCloseTo(values(whole.w)[i] as number, 5);
  loop.dispose();
});

test('no steps give back the state', () => {
  const loop = compileLoop({ step, state, constants: data });
  const now = { w: tf.ones([8, 4]), sum: tf.scalar(5, 'int32') };
  const same = loop.run({ state: now, constants: data, steps: 0 });
  expect(values(same.w)).toEqual(values(now.w));
  expect(values(same.sum)).toEqual([5]);
  expect(() => loop.run({ state: now, constants: data, steps: -1 })).toThrow(/steps is -1/);
  expect(() => loop.run({ state: now, constants: data, from: 0.5, steps: 1 })).toThrow(
    /from is 0.5/,
  );
  loop.dispose();
});

test('loops nest, and stand between other ops, eagerly and compiled', () => {
  const fn = ({ a, n }: { a: tf.Tensor; n: tf.Tensor }) => {
    const factor = intAdd(a, 1);
    const total = forLoop({
      steps: n,
      state: tf.scalar(0, 'int32') as tf.Tensor,
      step: (outer, i) =>
        forLoop({
          from: 1,
          steps: i,
          state: outer,
          step: (inner, k) => intAdd(inner, intMul(factor, intAdd(intMul(i, 10), k))),
        }),
    });
    return [total, factor, intAdd(total, a)];
  };
  const inputs = { a: tf.scalar(2, 'int32'), n: tf.scalar(4, 'int32') };
  // i = 1: 11; 2: 21 + 22; 3: 31 + 32 + 33; each times 3
  const expected = [[450], [3], [452]];
  expect(fn(inputs).map(values)).toEqual(expected);
  for (const jit of [true, false]) {
    const compiled = compile(fn, { inputs, jit });
    expect(compiled.call(inputs).map(values)).toEqual(expected);
    expect(values(compiled.call({ ...inputs, n: tf.scalar(2, 'int32') })[0] as tf.Tensor)).toEqual([
      33,
    ]);
    compiled.dispose();
  }
});

test('a loop reads variables and constants from outside', () => {
  const rate = tf.variable(tf.scalar(2), true, 'rate');
  const offset = tf.tensor1d([1, 2]);
  const compiled = compile(
    (x: tf.Tensor) =>
      forLoop({ steps: 3, state: x, step: (now) => tf.add(tf.mul(now, rate), offset) }),
    { inputs: tf.tensor1d([1, 1]) },
  );
  expect(values(compiled.call(tf.tensor1d([1, 1])))).toEqual([15, 22]);
  rate.assign(tf.scalar(1));
  expect(values(compiled.call(tf.tensor1d([1, 1])))).toEqual([4, 7]);
  compiled.dispose();
  rate.dispose();
});

test('state and constants that are one tensor are told apart', () => {
  const ones = tf.ones([2]);
  const loop = compileLoop({
    step: ({ a, b }: { a: tf.Tensor; b: tf.Tensor }, c: tf.Tensor) => ({
      a: tf.add(a, c),
      b: tf.add(b, tf.add(a, ones)),
    }),
    state: { a: ones, b: ones },
    constants: ones as tf.Tensor,
  });
  const { a, b } = loop.run({
    state: { a: tf.zeros([2]), b: tf.zeros([2]) },
    constants: tf.fill([2], 3),
    steps: 2,
  });
  expect([values(a), values(b)]).toEqual([
    [6, 6],
    [5, 5],
  ]);
  loop.dispose();
});

test('a step that changes the form of its state is refused by name', () => {
  const loop = (next: (state: State) => unknown) => () =>
    compileLoop({ step: next as () => State, state, constants: {} });
  expect(loop(({ w }) => ({ w }))).toThrow(/lacks the tensor "sum"/);
  expect(loop(({ w, sum }) => ({ sum, w }))).toThrow(/same order/);
  expect(loop(({ w, sum }) => ({ w, sum, more: w }))).toThrow(/"more"/);
  expect(loop(({ w, sum }) => ({ w: tf.sum(w), sum }))).toThrow(
    /"w" is float32 \[\] after the step, but float32 \[8, 4\]/,
  );
  expect(loop(({ w, sum }) => ({ w, sum: tf.add(sum, 1) }))).toThrow(
    /"sum" is float32 \[\].*int32/,
  );
  expect(loop(({ w }) => ({ w, sum: 1 }))).toThrow(/"sum" is 1, not a tensor/);
});

test('a gradient through a loop is refused', () => {
  const fn = (x: tf.Tensor) =>
    tf.grad((y) => forLoop({ steps: 2, state: y, step: (now) => tf.square(now) }))(x);
  expect(() => compile(fn, { inputs: tf.scalar(1) })).toThrow(/no gradient flows through/);
});
