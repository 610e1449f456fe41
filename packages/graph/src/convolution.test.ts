import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compile, type Forms } from './index.ts';
import { trace } from './trace.ts';

loadTensorFlow({ threads: 2 });

interface Case {
  x: number[];
  filter?: number[];
  /** The function under test. */
  of(x: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor;
  /** tfjs has no gradient of it. */
  forwardOnly?: true;
}

type Pad = 'same' | 'valid';
const convolve =
  (stride: number | [number, number], pad: Pad | tf.backend_util.ExplicitPadding, dilation = 1) =>
  (x: tf.Tensor4D, filter: tf.Tensor4D) =>
    tf.conv2d(x, filter, stride, pad, 'NHWC', dilation);
const apart =
  (stride: number, pad: Pad, dilation = 1) =>
  (x: tf.Tensor4D, filter: tf.Tensor4D) =>
    tf.depthwiseConv2d(x, filter, stride, pad, 'NHWC', dilation);

const convolutions: Record<string, Case> = {
  'one channel': { x: [3, 9, 8, 1], filter: [3, 3, 1, 5], of: convolve(1, 'same') },
  'three channels': { x: [2, 6, 6, 3], filter: [3, 3, 3, 4], of: convolve(1, 'same') },
  'many channels': { x: [4, 7, 6, 16], filter: [3, 3, 16, 8], of: convolve(1, 'same') },
  'an even filter': { x: [2, 7, 6, 8], filter: [2, 4, 8, 3], of: convolve(1, 'same') },
  'no padding': { x: [2, 7, 9, 8], filter: [3, 5, 8, 4], of: convolve(1, 'valid') },
  'stride 2': { x: [2, 9, 8, 8], filter: [3, 3, 8, 6], of: convolve(2, 'same') },
  'stride 2, rows left over': { x: [2, 8, 10, 8], filter: [3, 3, 8, 6], of: convolve(2, 'valid') },
  'strides of two kinds': { x: [2, 9, 11, 8], filter: [3, 2, 8, 4], of: convolve([2, 3], 'same') },
  'a stride beyond the filter': { x: [2, 9, 9, 8], filter: [1, 1, 8, 4], of: convolve(3, 'same') },
  'one by one': { x: [2, 5, 5, 40], filter: [1, 1, 40, 4], of: convolve(1, 'same') },
  dilation: {
    ...{ x: [2, 9, 9, 8], filter: [3, 3, 8, 4], of: convolve(1, 'same', 2), forwardOnly: true },
  },
  'padding of its own': {
    ...{ x: [2, 5, 5, 1], filter: [3, 3, 1, 4], forwardOnly: true },
    of: convolve(1, [
      [0, 0],
      [2, 1],
      [0, 2],
      [0, 0],
    ]),
  },
  'fused, with bias and activation': {
    ...{ x: [2, 6, 6, 1], filter: [3, 3, 1, 4] },
    of: (x, filter) =>
      tf.fused.conv2d({
        x,
        filter,
        strides: 1,
        pad: 'same',
        bias: tf.ones([4]),
        activation: 'elu',
      }),
  },
};

const depthwise: Record<string, Case> = {
  'one output a channel': { x: [3, 7, 6, 18], filter: [3, 3, 18, 1], of: apart(1, 'same') },
  'two outputs a channel': { x: [2, 7, 6, 3], filter: [3, 3, 3, 2], of: apart(1, 'valid') },
  'a batch of no whole parts': { x: [11, 5, 4, 3], filter: [3, 3, 3, 1], of: apart(1, 'same') },
  'stride 2, by channel': { x: [2, 7, 6, 4], filter: [3, 3, 4, 1], of: apart(2, 'same') },
  'stride 2, two outputs': { x: [2, 8, 6, 3], filter: [3, 3, 3, 2], of: apart(2, 'valid') },
  'dilation, by channel': {
    ...{ x: [2, 7, 8, 4], filter: [3, 3, 4, 1], of: apart(1, 'same', 2), forwardOnly: true },
  },
};

const pooling: Record<string, Case> = Object.fromEntries(
  ([tf.maxPool, tf.avgPool] as const).flatMap((pool, kind) =>
    (
      [
        ['windows side by side', [3, 8, 6, 5], 2, 2, 'valid'],
        ['rows left over', [2, 7, 9, 3], 2, 2, 'valid'],
        ['windows that overlap', [2, 7, 8, 3], 3, 2, 'same'],
        ['stride 1', [2, 5, 6, 3], 3, 1, 'same'],
        ['a stride beyond the window', [2, 8, 8, 3], 2, 3, 'valid'],
        ['all of the image', [2, 6, 6, 3], 6, 6, 'valid'],
        ['a window too large for elementwise forms', [2, 9, 9, 2], 9, 9, 'valid'],
      ] as const
    ).map(([name, x, size, stride, pad]): [string, Case] => [
      `${['max', 'avg'][kind]}, ${name}`,
      { x: [...x], of: (image) => pool(image, size, stride, pad) },
    ]),
  ),
);

/** What a case gives, and its gradients for an output gradient that differs everywhere. */
function results({ of, forwardOnly }: Case, { x, filter }: { x: tf.Tensor; filter: tf.Tensor }) {
  const y = of(x as tf.Tensor4D, filter as tf.Tensor4D);
  if (forwardOnly) return { y };
  const weights = tf.reshape(tf.sin(tf.range(0, y.size)), y.shape);
  const [dx, dFilter] = tf.grads((a, b) =>
    tf.add(tf.sum(tf.mul(of(a as tf.Tensor4D, b as tf.Tensor4D), weights)), tf.mul(tf.sum(b), 0)),
  )([x, filter]);
  return { y, dx: dx!, dFilter: dFilter! };
}

const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);

test.each([
  ['convolutions', convolutions],
  ['depthwise convolutions', depthwise],
  ['pooling', pooling],
])('%s and their gradients are compiled what they are eagerly', (_, cases) => {
  const inputs = Object.fromEntries(
    Object.entries(cases).map(([name, { x, filter }], i) => [
      name,
      { x: random(x, i + 1), filter: random(filter ?? [1], i + 100) },
    ]),
  );
  const all = (tensors: typeof inputs) =>
    Object.fromEntries(
      Object.entries(cases).map(([name, it]) => [name, results(it, tensors[name]!)]),
    );
  const program = compile(all, { inputs });
  const [expected, found] = [tf.tidy(() => all(inputs)), program.call(inputs)];
  program.dispose();
  for (const [name, tensors] of Object.entries(expected))
    for (const [key, tensor] of Object.entries(tensors) as [keyof typeof tensors, tf.Tensor][]) {
      const actual = found[name]![key]!;
      expect(actual.shape, `${name}: ${key}`).toEqual(tensor.shape);
      const scale = Math.max(1, ...tensor.dataSync().map(Math.abs));
      const distance = tf.max(tf.abs(tf.sub(actual, tensor))).dataSync()[0]!;
      expect(distance / scale, `${name}: ${key}`).toBeLessThan(1e-5);
    }
});

test('pooling treats NaN, infinity and ties as it does eagerly', () => {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  const windows = [
    [nan, 1, 2, 3],
    [1, nan, nan, 0],
    [5, 5, 5, 5],
    [0, -0, 0, -1],
    [nan, nan, nan, nan],
    [-inf, -inf, -inf, -inf],
    [-inf, inf, nan, inf],
  ];
  const x = tf.tensor4d(windows.flat(), [windows.length, 2, 2, 1]);
  const of = (pool: typeof tf.maxPool) => (image: tf.Tensor) =>
    pool(image as tf.Tensor4D, 2, 2, 'valid');
  const pooled = (image: tf.Tensor) => ({
    max: of(tf.maxPool)(image),
    maxGradient: tf.grad(of(tf.maxPool))(image),
    avg: of(tf.avgPool)(image),
  });
  const program = compile(pooled, { inputs: x });
  const [expected, found] = [tf.tidy(() => pooled(x)), program.call(x)];
  program.dispose();
  for (const key of ['max', 'maxGradient', 'avg'] as const)
    expect([...found[key].dataSync()], key).toEqual([...expected[key].dataSync()]);
});

test('a program for XLA has no op in it that XLA computes by a naive loop; others are as tfjs made them', () => {
  const cases = [
    convolutions['stride 2']!,
    depthwise['one output a channel']!,
    ...Object.values(pooling),
  ];
  const fn = (inputs: { x: tf.Tensor; filter: tf.Tensor }[]) =>
    inputs.map((tensors, i) => results(cases[i]!, tensors));
  const inputs = cases
    .slice(0, 3)
    .map(({ x, filter }) => ({ x: random(x, 1), filter: random(filter ?? [1], 2) }));
  const opsOf = (jit: boolean, forms: Partial<Forms> = {}) => {
    const traced = trace(fn, inputs, {
      ...{
        maximumConstantBytes: 2 ** 20,
        maximumConstantsBytes: 2 ** 20,
        embedVariables: true,
        jit,
        forms,
      },
    });
    return traced.functions.flatMap(({ nodes }) => nodes.map(({ op }) => op));
  };
  const naive = /Backprop|Pool|Depthwise/;
  expect(opsOf(true).filter((op) => naive.test(op))).toEqual([]);
  const eager = opsOf(false).filter((op) => naive.test(op));
  expect(eager.length).toBeGreaterThan(5);
  const native = { convolutions: 'native', pooling: 'native' } as const;
  expect(opsOf(true, native).filter((op) => naive.test(op))).toEqual(eager);
  const convolved = opsOf(true, { convolutions: 'native' }).filter((op) => naive.test(op));
  expect(convolved).toEqual(eager.filter((op) => !op.includes('Pool')));
});

test('sums of many terms have no op in them of which the graph’s optimizer makes one that XLA lacks', () => {
  const { x, filter } = convolutions['one channel']!;
  const inputs = { x: random(x, 1) as tf.Tensor4D, filter: random(filter!, 2) as tf.Tensor4D };
  const traced = trace(
    (given: typeof inputs) => tf.conv2d(given.x, given.filter, 1, 'same'),
    inputs,
    {
      ...{ maximumConstantBytes: 2 ** 20, maximumConstantsBytes: 2 ** 20 },
      ...{ embedVariables: true, jit: true },
    },
  );
  const ops = traced.functions.flatMap(({ nodes }) => nodes.map(({ op }) => op));
  expect(ops.filter((op) => op === 'Sub').length).toBe(8);
  expect(ops.filter((op) => /^Add|Conv/.test(op))).toEqual([]);
});
