import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compile, cond, forLoop, intAdd, scan } from './index.ts';

loadTensorFlow();

const leaves = (tree: unknown): tf.Tensor[] =>
  tree instanceof tf.Tensor ? [tree] : Object.values(tree as object).flatMap(leaves);

/** What a function gives eagerly, compiled by XLA and without it, which must be the same. */
function everywhere<I>(fn: (inputs: I) => unknown, inputs: I): number[][] {
  const before = tf.memory().numTensors;
  const read = (result: unknown) => {
    const found = leaves(result).map((tensor) => [...tensor.dataSync()]);
    tf.dispose(result as tf.TensorContainer);
    return found;
  };
  const eager = read(tf.tidy(() => fn(inputs) as tf.TensorContainer));
  for (const jit of [true, false]) {
    const compiled = compile(fn, { inputs, jit });
    const found = read(compiled.call(inputs));
    expect(found.length).toBe(eager.length);
    for (const [i, values] of found.entries()) {
      for (const [k, value] of values.entries()) expect(value).toBeCloseTo(eager[i]![k]!, 4);
    }
    compiled.dispose();
  }
  expect(tf.memory().numTensors).toBe(before);
  return eager;
}

const x = tf.tensor1d([0.5, -0.25]);
const w = tf.tensor2d([
  [0.9, 0.2],
  [-0.3, 0.7],
]);
type Inputs = { x: tf.Tensor1D; w: tf.Tensor2D };
const rowTimes = (row: tf.Tensor, by: tf.Tensor) =>
  tf.reshape(tf.matMul(tf.reshape(row, [1, 2]), by as tf.Tensor2D), [2]);

test('gradients flow through a loop, to its state and to what its step uses', () => {
  const fn = ({ x: start, w: by }: Inputs) =>
    tf.grads((a, b) => {
      const half = tf.mul(b!, 0.5);
      const { now } = forLoop({
        steps: 3,
        state: { now: a as tf.Tensor, count: tf.scalar(0, 'int32') as tf.Tensor },
        step: ({ now, count }, i) => ({
          now: tf.add(tf.tanh(rowTimes(now, half)), tf.mul(a!, tf.cast(i, 'float32'))),
          count: intAdd(count, 1),
        }),
      });
      return tf.sum(tf.square(now));
    })([start, by]);
  everywhere(fn, { x, w });
});

test('so they do through loops in loops, variables, and gradients in a step', () => {
  const rate = tf.variable(tf.scalar(0.3), true, 'rate of a loop');
  const fn = (start: tf.Tensor1D) => {
    const { value, grads } = tf.variableGrads(() => {
      const last = forLoop({
        from: 1,
        steps: 2,
        state: start as tf.Tensor,
        step: (outer, i) =>
          forLoop({
            steps: 2,
            state: tf.mul(outer, tf.cast(i, 'float32')),
            step: (inner) => tf.sub(inner, tf.mul(rate, tf.sin(inner))),
          }),
      });
      return tf.sum(last) as tf.Scalar;
    });
    const descended = tf.grad((a) => {
      const loss = (v: tf.Tensor) => tf.sum(tf.mul(tf.square(v), tf.square(v)));
      const step = (v: tf.Tensor) => tf.sub(v, tf.mul(0.1, tf.grad(loss)(v)));
      return tf.sum(step(a));
    })(start);
    return [value, grads[rate.name], descended];
  };
  everywhere(fn, x);
  rate.dispose();
});

test('scan collects what its steps give, and gradients flow through all of it', () => {
  const over = {
    row: tf.tensor2d([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
    flag: tf.tensor1d([1, 0, 1], 'int32'),
  };
  const run = (start: tf.Tensor, by: tf.Tensor, rows: tf.Tensor) =>
    scan({
      state: start,
      over: { row: rows, flag: over.flag as tf.Tensor },
      step: (now, { row, flag }, i) => {
        const next = tf.tanh(tf.add(rowTimes(now, by), tf.mul(row, 0.1)));
        const kept = tf.mul(next, tf.cast(intAdd(flag, i), 'float32'));
        return { state: next, collect: { kept, both: [tf.sum(row), i as tf.Tensor] } };
      },
    });
  const fn = ({ x: start, w: by }: Inputs) => [
    run(start, by, over.row),
    tf.grads((a, b, rows) => {
      const { state, collected } = run(a!, b!, rows!);
      return tf.add(
        tf.sum(state),
        tf.sum(tf.mul(tf.square(collected.kept), tf.reshape(collected.both[0]!, [3, 1]))),
      );
    })([start, by, over.row]),
  ];
  const found = everywhere(fn, { x, w });
  expect(found[2]).toEqual([3, 7, 11]);
  expect(found[3]).toEqual([0, 1, 2]);
});

test('rows of several numbers, or none, are refused', () => {
  const step = (state: tf.Tensor) => ({ state, collect: state });
  expect(() => scan({ state: x as tf.Tensor, over: { a: x, b: w }, step })).not.toThrow();
  expect(() => scan({ state: x as tf.Tensor, over: { a: x, b: tf.ones([3]) }, step })).toThrow(
    /over "b" has the shape \[3\], but over "a" has 2 rows/,
  );
  expect(() => scan({ state: x as tf.Tensor, over: tf.scalar(1), step })).toThrow(/has no rows/);
});

test('cond runs one of two functions, and gradients flow through that one', () => {
  const other = tf.scalar(3);
  const choose = (a: tf.Tensor, b: tf.Tensor) =>
    cond(
      tf.greater(tf.sum(a), 0),
      () => ({ value: tf.mul(a, b), twice: [tf.add(b, b)] }),
      () => ({
        value: tf.neg(tf.square(tf.mul(a, other))),
        twice: [tf.mul(other, 2) as tf.Tensor],
      }),
    );
  const fn = ({ a, b }: Record<'a' | 'b', tf.Tensor>) => [
    choose(a, b),
    tf.grads((p, q) => {
      const { value, twice } = choose(p!, q!);
      // Eagerly a gradient is refused to what only the other branch uses.
      return tf.addN([tf.sum(value), twice[0]!, tf.mul(q!, 0)]);
    })([a, b]),
  ];
  expect(everywhere(fn, { a: tf.tensor1d([1, 2]), b: tf.scalar(5) })).toEqual([
    [5, 10],
    [10],
    [5, 5],
    [5],
  ]);
  expect(everywhere(fn, { a: tf.tensor1d([-1, -2]), b: tf.scalar(5) })).toEqual([
    [-9, -36],
    [6],
    [18, 36],
    [0],
  ]);
  expect(() =>
    cond(
      tf.scalar(1),
      () => x,
      () => x,
    ),
  ).toThrow(/predicate of cond is float32 \[\]/);
  const differing = (a: tf.Tensor) =>
    cond(
      tf.less(tf.sum(a), 0),
      () => a,
      () => tf.sum(a),
    );
  expect(() => compile(differing, { inputs: x as tf.Tensor, jit: false })).toThrow(
    /branches of cond give float32 \[2\] and float32 \[\]/,
  );
});
