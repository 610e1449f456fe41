import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compile, compileLoop, type Jit, lossAndGradients, randomNormal, sgd } from './index.ts';

loadTensorFlow();

/** What bfloat16 rounds to is at most this far, relative to the number. */
const half = 2 ** -9;

/** A length of tensors, and of their difference. */
const size = (tree: tf.Tensor[]) =>
  Math.sqrt(tree.reduce((sum, it) => sum + tf.sum(tf.square(it)).dataSync()[0]!, 0));
const apart = (found: tf.Tensor[], exact: tf.Tensor[]) =>
  size(found.map((it, i) => tf.sub(it, exact[i]!))) / size(exact);

const inputs = {
  x: randomNormal([2, 6, 6, 24], 1),
  filter: randomNormal([3, 3, 24, 8], 2),
  w: randomNormal([24, 5], 3),
};
/** Products of matrices, turned and not, of batches, and a convolution; and their gradients. */
const everything = (given: typeof inputs): tf.Tensor[] => {
  const results = ({ x, filter, w }: typeof inputs) => {
    const rows = tf.reshape(x, [2, 36, 24]);
    const image = tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same');
    const squares = tf.matMul(rows, rows, true, false);
    return [image, tf.matMul(tf.reshape(x, [72, 24]), w), squares];
  };
  const loss = (...[x, filter, w]: tf.Tensor[]) =>
    results({ x, filter, w } as typeof inputs).reduce<tf.Tensor>(
      (sum, it) => tf.add(sum, tf.sum(tf.square(it))),
      tf.scalar(0),
    );
  return [...results(given), ...tf.grads(loss)([given.x, given.filter, given.w])];
};

test.each([[true], [false]])(
  'products of bfloat16 and their gradients are as near as they can be, jit %s',
  (by) => {
    tf.tidy(() => {
      const program = compile(everything, { inputs, jit: by, precision: 'bfloat16' });
      const found = program.call(inputs);
      everything(inputs).forEach((exact, i) => {
        // Rounded: no float32 product is that far. Each operand and the result once, in a row of two in gradients.
        expect(apart([found[i]!], [exact])).toBeGreaterThan(half / 8);
        expect(apart([found[i]!], [exact])).toBeLessThan(6 * half);
      });
      const { counts } = program.inspect();
      expect(counts[by ? 'BatchMatMulV3' : 'BatchMatMulV2']).toBe(8);
      program.dispose();
    });
  },
);

test('operands are rounded, sums are float32, and all else stays as it is', () => {
  tf.tidy(() => {
    const ones = { a: tf.ones([1, 301]), b: tf.ones([301, 1]), c: tf.tensor2d([[1 + half, 3]]) };
    const found = (by: Jit) => {
      const program = compile(
        ({ a, b, c }: typeof ones) => ({
          sum: tf.matMul(a, b),
          product: tf.matMul(c, c, false, true),
          other: tf.mul(c, c),
        }),
        { inputs: ones, jit: by, precision: 'bfloat16' },
      );
      const { sum, product, other } = program.call(ones);
      program.dispose();
      return [sum, product, other].map((it) => [...it.dataSync()]);
    };
    const other = [...tf.mul(ones.c, ones.c).dataSync()];
    // Between 256 and 512 bfloat16 has even numbers only; a sum in it would never leave 256.
    expect(found(true)).toEqual([[301], [10], other]);
    expect(found(false)).toEqual([
      [expect.toSatisfy((sum) => [300, 302].includes(sum))],
      [10],
      other,
    ]);
  });
});

test('a training in bfloat16 follows that in float32, in a loop and through a compiled function', () => {
  tf.tidy(() => {
    const x = randomNormal([64, 10], 1);
    const y = tf.sin(tf.matMul(x, randomNormal([10, 1], 2)));
    const state = { hidden: randomNormal([10, 16], 3), last: randomNormal([16, 1], 4) };
    const { init, update } = sgd({ learningRate: 0.05 });
    const predict = (x: tf.Tensor, { hidden, last }: typeof state) =>
      tf.matMul(tf.tanh(tf.matMul(x, hidden)), last);
    const loss = (now: typeof state, data: Record<'x' | 'y', tf.Tensor>) =>
      tf.losses.meanSquaredError(data.y, predict(data.x, now)) as tf.Tensor;
    const train = (precision: 'float32' | 'bfloat16') => {
      const loop = compileLoop({
        step: (now: typeof state, data: Record<'x' | 'y', tf.Tensor>) => {
          const { gradients } = lossAndGradients((it) => ({ loss: loss(it, data) }), now);
          return update(gradients, init(now), now).parameters;
        },
        ...{ state, constants: { x, y }, precision, jit: precision === 'bfloat16' },
      });
      const trained = loop.run({ state, constants: { x, y }, steps: 50 });
      loop.dispose();
      return trained;
    };
    const [exact, rounded] = [train('float32'), train('bfloat16')];
    const [before, after] = [state, rounded].map((it) => loss(it, { x, y }).dataSync()[0]!);
    expect(after).toBeLessThan(before! / 2);
    const away = apart(Object.values(rounded), Object.values(exact));
    expect(away).toBeGreaterThan(1e-5);
    expect(away).toBeLessThan(0.02);
    const fast = compile((now: typeof state) => predict(x, now), {
      inputs: state,
      jit: false,
      precision: 'bfloat16',
    });
    const by = (fn: (now: typeof state) => tf.Tensor) =>
      tf.grads((hidden, last) => tf.sum(fn({ hidden: hidden!, last: last! })))(
        Object.values(state),
      );
    const far = apart(
      by(fast.call),
      by((now) => predict(x, now)),
    );
    expect(far).toBeGreaterThan(half / 8);
    expect(far).toBeLessThan(6 * half);
    fast.dispose();
  });
});

test('what is no precision is refused, and so is what is no way of compiling', () => {
  const options = (wrong: object) => () =>
    compile((x: tf.Tensor) => x, { inputs: tf.scalar(1), ...wrong });
  expect(options({ precision: 'float16' })).toThrow(
    "precision is 'float16'; expected 'float32' or 'bfloat16'.",
  );
  expect(options({ jit: 'always' })).toThrow("jit is 'always'; expected true or false or 'auto'.");
});
