import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compile, compileLoop, forLoop, type Int, intAdd, intMul, randomUniform } from './index.ts';

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

test('a step may pass on what it was given, or what lies outside, eagerly as compiled', () => {
  const outside = tf.scalar(7);
  type Pair = { kept: tf.Tensor; swapped: tf.Tensor[]; constant: tf.Tensor; sum: tf.Tensor };
  const repeat = (pair: Pair) =>
    forLoop({
      steps: 3,
      state: pair,
      step: ({ kept, swapped: [a, b], sum }: Pair) => ({
        kept,
        swapped: [b!, a!],
        constant: outside as tf.Tensor,
        sum: tf.add(sum, kept),
      }),
    });
  const inputs: Pair = tf.tidy(() => ({
    kept: tf.scalar(2),
    swapped: [tf.scalar(3), tf.scalar(4)],
    constant: tf.scalar(5),
    sum: tf.scalar(0),
  }));
  const compiled = compile(repeat, { inputs });
  const before = tf.memory().numTensors;
  for (const run of [repeat, compiled.call]) {
    const { kept, swapped, constant, sum } = run(inputs);
    expect([kept, ...swapped, constant, sum].flatMap(values)).toEqual([2, 4, 3, 7, 6]);
    tf.dispose([kept, ...swapped, constant, sum]);
    expect(tf.memory().numTensors).toBe(before);
  }
  expect([inputs.kept, ...inputs.swapped, outside].flatMap(values)).toEqual([2, 3, 4, 7]);
  compiled.dispose();
});

test('an eager loop whose step fails leaves nothing behind', () => {
  const start = tf.scalar(1) as tf.Tensor;
  const failing = () =>
    forLoop({
      steps: 3,
      state: start,
      step: (now, i) => {
        if (i.dataSync()[0] === 2) throw new Error('the third step fails');
        return tf.add(now, 1);
      },
    });
  const before = tf.memory().numTensors;
  expect(failing).toThrow('the third step fails');
  expect(tf.memory().numTensors).toBe(before);
  expect(values(start)).toEqual([1]);
});

test('steps are numbered by integers of 32 bits, eagerly and compiled', () => {
  const loop = (from: Int, steps: Int) => (x: tf.Tensor) =>
    forLoop({ from, steps, state: x, step: (sum, i) => intAdd(sum, i) });
  const zero = tf.scalar(0, 'int32') as tf.Tensor;
  const runs: ((fn: (x: tf.Tensor) => tf.Tensor) => tf.Tensor)[] = [
    (fn) => fn(zero),
    (fn) => compile(fn, { inputs: zero }).call(zero),
  ];
  for (const run of runs) {
    expect(values(run(loop(-3, 2)))).toEqual([-5]);
    expect(values(run(loop(2 ** 31 - 2, 1)))).toEqual([2 ** 31 - 2]);
    expect(() => run(loop(0.5, 2))).toThrow(/forLoop takes integers; found 0.5/);
    expect(() => run(loop(Number.NaN, 2))).toThrow(/forLoop takes integers; found NaN/);
    expect(() => run(loop(0, 1.5))).toThrow(/forLoop takes integers; found 1.5/);
    expect(() => run(loop(tf.scalar(0.5), 2))).toThrow(/forLoop takes int32; found float32/);
    expect(() => run(loop(2 ** 31 - 1, 1))).toThrow(/from \+ steps is 2147483648/);
  }
  const compiled = compileLoop({
    step: (sum: tf.Tensor, _, i) => intAdd(sum, i),
    state: zero,
    constants: {},
  });
  const made = (from: number, steps: number) =>
    compiled.run({ state: zero, constants: {}, from, steps });
  expect(values(made(2 ** 31 - 2, 1))).toEqual([2 ** 31 - 2]);
  expect(() => made(2 ** 31 - 1, 1)).toThrow(/from \+ steps is 2147483648/);
  compiled.dispose();
});

test('what a step computed is refused outside of the loop, unless it is state', () => {
  const leaking = (keep: <T extends tf.Tensor>(x: T) => T, use: (x: tf.Tensor) => unknown) => () =>
    compile(
      (x: tf.Tensor) => {
        let leaked: tf.Tensor = x;
        const last = forLoop({
          steps: 2,
          state: x,
          step: (now) => {
            leaked = keep(tf.mul(now, 2));
            return tf.add(now, leaked);
          },
        });
        return [last, use(leaked)];
      },
      { inputs: tf.scalar(1) as tf.Tensor },
    );
  const message = /computed inside a loop[\s\S]*return it as state/;
  const loopFrom = (state: tf.Tensor, step = (now: tf.Tensor): tf.Tensor => now) =>
    forLoop({ steps: 1, state, step });
  const same = <T>(x: T) => x;
  for (const keep of [same, tf.keep]) {
    expect(leaking(keep, (x) => tf.neg(x))).toThrow(message);
    expect(leaking(keep, (x) => x)).toThrow(message);
    const use = (x: tf.Tensor) => loopFrom(tf.scalar(0), (now) => tf.add(now, x));
    expect(leaking(keep, use)).toThrow(message);
  }
  expect(leaking(tf.keep, (x) => loopFrom(x))).toThrow(message);
  expect(leaking(same, (x) => loopFrom(x))).toThrow(/the state has been disposed of/);
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

test('a gradient through a loop of nobody knows how many steps is refused', () => {
  const fn = ({ x, n }: Record<'x' | 'n', tf.Tensor>) =>
    tf.grad((y) => forLoop({ steps: n, state: y, step: (now) => tf.square(now) }))(x);
  expect(() => compile(fn, { inputs: { x: tf.scalar(1), n: tf.scalar(2, 'int32') } })).toThrow(
    /number of steps is a tensor[\s\S]*as a number/,
  );
});
