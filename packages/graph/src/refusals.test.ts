import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test, vi } from 'vitest';
import { nodeBackend } from './backend.ts';
import {
  adam,
  clipByGlobalNorm,
  compile,
  cosine,
  forLoop,
  GraphError,
  gather,
  intAdd,
  intMod,
  jit,
  randomUniform,
  shuffled,
  stepDecay,
} from './index.ts';

loadTensorFlow();

const x = tf.tensor1d([1, 2, 3]);
const tracing = (fn: (x: tf.Tensor1D) => unknown) => () => compile(fn, { inputs: x });

test.each<[string, RegExp, (x: tf.Tensor1D) => unknown]>([
  [
    'tf.dropout',
    /tf\.dropout draws in JavaScript[\s\S]*dropout\(x, rate, key\)/,
    (x) => tf.dropout(x, 0.5, undefined, 'seed'),
  ],
  [
    'tf.randomUniform',
    /tf\.randomUniform [\s\S]*randomUniform\(shape, key\)/,
    () => tf.randomUniform([2], 0, 1, 'float32', 7),
  ],
  [
    'tf.randomNormal',
    /tf\.randomNormal [\s\S]*randomNormal\(shape, key\)/,
    () => tf.randomNormal([2]),
  ],
  ['tf.truncatedNormal', /tf\.truncatedNormal/, () => tf.truncatedNormal([2])],
  ['tf.randomGamma', /tf\.randomGamma/, () => tf.randomGamma([2], 1)],
  ['tf.rand', /tf\.rand /, () => tf.rand([2], () => 1)],
  ['tf.multinomial', /tf\.multinomial/, (x) => tf.multinomial(x, 2)],
  [
    'Math.random',
    /Math\.random[\s\S]*randomUniform\(shape, key\)/,
    (x) => tf.mul(x, Math.random()),
  ],
  ['dataSync', /values are read[\s\S]*tf\.where/, (x) => tf.scalar(x.dataSync()[0] as number)],
  ['arraySync', /values are read/, (x) => tf.tensor1d(x.arraySync())],
  ['a read of an outer tensor', /values are read/, () => tf.scalar(x.dataSync()[0] as number)],
  ['tf.print', /values are read/, (x) => tf.print(x)],
  [
    'a variable created outside is assigned',
    /"outer" is assigned[\s\S]*return the new value/,
    (x) => outer.assign(x),
  ],
  [
    'an optimizer',
    /assigned while tracing[\s\S]*optimizers/,
    () => tf.train.sgd(0.1).minimize(() => tf.sum(tf.square(outer)) as tf.Scalar, true),
  ],
  ['shapes that depend on values', /"UniqueV2" depends on values/, (x) => tf.unique(x).values],
  [
    'soft suppression of boxes',
    /"NonMaxSuppressionV5" depends on values/,
    (x) => tf.image.nonMaxSuppressionWithScore(tf.zeros([3, 4]), x, 3),
  ],
  [
    'suppression of boxes without padding',
    /"NonMaxSuppressionV4" depends on values/,
    (x) => tf.image.nonMaxSuppressionPadded(tf.zeros([3, 4]), x, 3),
  ],
  ['a result without tensors', /gives no tensor/, () => ({ none: [] })],
  [
    'a number as a result',
    /result "loss" is 3, not a tensor[\s\S]*tf\.scalar/,
    () => ({ loss: 3 }),
  ],
  ['nothing as a result', /result is undefined/, () => undefined],
  ['a promise as a result', /result is a Promise[\s\S]*without async/, async (x) => x],
  ['a class as a result', /result "a" is a Map/, () => ({ a: new Map() })],
])('%s is refused while tracing', (_, message, fn) => {
  expect(tracing(fn)).toThrow(GraphError);
  expect(tracing(fn)).toThrow(message);
});

const outer = tf.variable(tf.tensor1d([1, 2, 3]), true, 'outer');

test('an op that TensorFlow does not know, or that draws, is refused by name', () => {
  const run = (op: string) => tracing((x) => nodeBackend().executeSingleOutput(op, [], [x]));
  expect(run('NoSuchOp')).toThrow(/"NoSuchOp" is unknown/);
  expect(run('RandomUniform')).toThrow(/"RandomUniform" keeps state or draws/);
});

test('a compiled function has no place inside another', () => {
  const inner = compile((y: tf.Tensor) => tf.neg(y), { inputs: x });
  expect(tracing((y) => inner.call(y))).toThrow(/called while tracing[\s\S]*plain function/);
  expect(tracing((y) => compile(tf.neg, { inputs: y }).call(y))).toThrow(/compiled inside another/);
  inner.dispose();
});

test('suppression of boxes to a padded number has a fixed shape', () => {
  const boxes = tf.tensor2d([0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3], [3, 4]);
  const compiled = compile(
    (scores: tf.Tensor1D) => {
      const { selectedIndices, validOutputs } = tf.image.nonMaxSuppressionPadded(
        boxes,
        scores,
        3,
        0.5,
        0,
        true,
      ) as { selectedIndices: tf.Tensor; validOutputs: tf.Tensor };
      return [selectedIndices, validOutputs];
    },
    { inputs: x, jit: false },
  );
  const found = compiled.call(tf.tensor1d([0.9, 0.8, 0.7]));
  expect(found.map((it) => [...it.dataSync()])).toEqual([[0, 2, 0], [2]]);
  compiled.dispose();
});

test('the exponential of integers leaves its argument alone', () => {
  const compiled = compile((y: tf.Tensor) => tf.add(tf.exp(y), y), {
    inputs: { shape: [2], dtype: 'int32' },
    jit: false,
  });
  expect([...compiled.call(tf.tensor1d([0, 0], 'int32')).dataSync()]).toEqual([1, 1]);
  compiled.dispose();
});

test('integers are divided by what a call gives, whatever the examples', () => {
  const inputs = { a: { shape: [2], dtype: 'int32' }, b: { shape: [2], dtype: 'int32' } } as const;
  const compiled = compile(
    ({ a, b }: Record<'a' | 'b', tf.Tensor>) => [tf.floorDiv(a, b), tf.mod(a, b), intMod(a, b)],
    { inputs, jit: false },
  );
  const [a, b] = [tf.tensor1d([7, -7], 'int32'), tf.tensor1d([2, 2], 'int32')];
  expect(compiled.call({ a, b }).map((it) => [...it.dataSync()])).toEqual([
    [3, -4],
    [1, 1],
    [1, 1],
  ]);
  compiled.dispose();
});

const image = tf.ones([1, 4, 4, 1]) as tf.Tensor4D;
const crop = (from: tf.Tensor4D) => {
  const boxes = tf.tensor2d([[0, 0, 1, 1]]);
  return tf.image.cropAndResize(from, boxes, tf.tensor1d([0], 'int32'), [2, 2]);
};

test('an operation that XLA does not know is named when it is compiled', () => {
  expect(() => compile(crop, { inputs: image })).toThrow(GraphError);
  expect(() => compile(crop, { inputs: image })).toThrow(
    /XLA lacks the TensorFlow op "CropAndResize"[\s\S]*jit: false/,
  );
});

test("jit: 'auto' runs without XLA what XLA lacks, and says so", async () => {
  const warning = new Promise<Error>((resolve) => process.once('warning', resolve));
  const compiled = compile(crop, { inputs: image, jit: 'auto' });
  expect(compiled.jit).toBe(false);
  expect([...compiled.warmUp().call(image).dataSync()]).toEqual([1, 1, 1, 1]);
  compiled.dispose();
  expect(await warning).toMatchObject({
    name: 'GraphWarning',
    message: expect.stringMatching(/^crop runs without XLA.*"CropAndResize"/),
  });
});

test("so does jit: 'auto' with what XLA refuses when it compiles, and warmUp brings it to light", () => {
  const once = () => new Promise<Error>((resolve) => process.once('warning', resolve));
  // XLA knows the op, but not for a shape that a loop changes.
  const fill = (shape: tf.Tensor) =>
    nodeBackend().executeSingleOutput('Fill', [], [shape, tf.scalar(7)]);
  const filled = (shape: tf.Tensor) =>
    forLoop({
      steps: 1,
      state: { shape, sum: tf.scalar(0) as tf.Tensor },
      step: (now) => ({ shape: intAdd(now.shape, 1), sum: tf.sum(fill(now.shape)) }),
    }).sum;
  const shape = tf.tensor1d([2], 'int32') as tf.Tensor;
  const strict = compile(filled, { inputs: shape });
  expect(() => strict.warmUp()).toThrow(/must be a compile-time constant[\s\S]*jit: false/);
  strict.dispose();
  const warned = once();
  const compiled = compile(filled, { inputs: shape, jit: 'auto' });
  expect(compiled.jit).toBe(true);
  expect([...compiled.call(shape).dataSync()]).toEqual([14]);
  expect(compiled.jit).toBe(false);
  compiled.dispose();
  return expect(warned).resolves.toMatchObject({ name: 'GraphWarning' });
});

test('a failure that has nothing to do with XLA is not blamed on it', () => {
  const rows = { x: tf.tensor1d([1, 2, 3]), i: tf.tensor1d([0], 'int32') };
  const compiled = compile(({ x, i }: typeof rows) => gather(x, i), { inputs: rows, jit: false });
  const beyond = () => compiled.call({ ...rows, i: tf.tensor1d([7], 'int32') });
  expect(beyond).toThrow(GraphError);
  expect(beyond).toThrow(/indices\[0\] = 7/);
  expect(beyond).not.toThrow(/jit: false/);
  compiled.dispose();
});

test('no refusal leaves a promise rejected that nobody handles', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  const reads = /values are read[\s\S]*tf\.where/;
  expect(
    tracing(async (y) => {
      await y.data();
      return y;
    }),
  ).toThrow(reads);
  expect(
    tracing((y) => {
      void tf.whereAsync(tf.cast(y, 'bool'));
      return y;
    }),
  ).toThrow(reads);
  expect(
    tracing(async () => {
      throw new Error('too late');
    }),
  ).toThrow(/without async/);
  tf.env().set('DEBUG', true);
  try {
    tracing((y) => tf.neg(y))().dispose();
    expect(tf.env().getBool('DEBUG')).toBe(true);
  } finally {
    tf.env().set('DEBUG', false);
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test('after a refusal tfjs works as before', () => {
  const before = { tensors: tf.memory().numTensors, random: Math.random };
  expect(tracing((x) => tf.tensor1d(tf.square(x).arraySync()))).toThrow();
  expect(tf.memory().numTensors).toBe(before.tensors);
  expect(Math.random).toBe(before.random);
  outer.assign(tf.tensor1d([4, 5, 6]));
  expect([...outer.dataSync()]).toEqual([4, 5, 6]);
  expect(tf.randomUniform([2]).shape).toEqual([2]);
  expect([...tf.gather(x, tf.tensor1d([2, 0], 'int32')).dataSync()]).toEqual([3, 1]);
});

test('options that cannot be are refused by name, not by what they break later', () => {
  const x = tf.scalar(1);
  const never = (fn: () => unknown, message: string | RegExp) => {
    expect(fn).toThrow(GraphError);
    expect(fn).toThrow(message);
  };
  const loosely = { compile, jit, adam } as unknown as Record<string, (...a: unknown[]) => never>;
  never(() => loosely.compile!(3, { inputs: x }), 'What is compiled is 3; expected a function.');
  never(
    () => loosely.compile!(tf.neg),
    /compile is not told the inputs[\s\S]*jit\(fn\) needs none/,
  );
  never(() => loosely.jit!('neg'), "What is compiled is 'neg'; expected a function.");
  never(
    () => jit(tf.neg, { maximumPrograms: 0 }),
    'maximumPrograms is 0; expected an integer from 1 on.',
  );
  const rate =
    /learningRate is (undefined|'0.1'|NaN|-1); expected a number from 0 on or a schedule\./;
  for (const learningRate of [undefined, '0.1', Number.NaN, -1]) {
    never(() => loosely.adam!({ learningRate }), rate);
  }
  never(
    () => compile((x) => x, { inputs: x, forms: { pooling: 'slice' as never } }),
    /forms.pooling is 'slice'; expected 'slices' or 'native'/,
  );
  never(() => cosine({ rate: 1, steps: 0 }), /steps is 0; expected a number from 1 on/);
  never(() => stepDecay({ rate: 1, every: 0, factor: 0.5 }), /every is 0; expected a number above/);
  never(() => clipByGlobalNorm({ x }, -1), 'maximum is -1; expected a number above 0.');
  never(() => shuffled(tf.tensor1d([], 'int32'), 0, 1), /count is 0; expected an integer from 1/);
  never(() => randomUniform([-1], 1), "shape is '[-1]'; expected integers from 0 on.");
  const words = tf.tensor(['a']);
  never(() => compile((it: tf.Tensor) => it, { inputs: words }), /^input has the type string/);
});
