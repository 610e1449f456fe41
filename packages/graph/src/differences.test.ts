import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compile } from './index.ts';

loadTensorFlow();

const inputs = {
  row: tf.tensor2d([[1, Number.NaN, 3]]),
  window: tf.tensor4d([1, Number.NaN, 3, 4], [1, 2, 2, 1]),
  large: tf.tensor1d([3e9, -3e9, Number.NaN]),
  scores: tf.tensor1d([0.9, 0.8, 0.7]),
};

const fn = ({ row, window, large, scores }: typeof inputs) => {
  const boxes = tf.tensor2d([0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3], [3, 4]);
  const suppressed = tf.image.nonMaxSuppressionPadded(boxes, scores, 3, 0.5, 0, true);
  return {
    max: tf.max(row),
    min: tf.min(row),
    argMax: tf.argMax(row, 1),
    argMin: tf.argMin(row, 1),
    maxPool: tf.maxPool(window, 2, 2, 'valid'),
    elu: tf.grad((x) => tf.elu(x))(row),
    softmax: tf.softmax(row),
    cast: tf.cast(large, 'int32'),
    suppressed: tf.slice(suppressed.selectedIndices as tf.Tensor, 0, 2),
    relu: tf.relu(row),
    logSoftmax: tf.logSoftmax(row),
    maximum: tf.maximum(row, 2),
  };
};

const read = (result: object) =>
  Object.fromEntries(
    Object.entries(result).map(([name, tensor]) => [name, [...(tensor as tf.Tensor).dataSync()]]),
  );

test('NaN and numbers out of range differ as docs/differences.md says, and no more', () => {
  const nan = Number.NaN;
  const [least, most] = [-(2 ** 31), 2 ** 31 - 1];
  const eager = {
    max: [nan],
    min: [nan],
    argMax: [2],
    argMin: [0],
    maxPool: [4],
    elu: [1, 1, 1],
    softmax: [nan, nan, nan],
    cast: [least, least, least],
    suppressed: [0, 2],
    relu: [1, nan, 3],
    logSoftmax: [nan, nan, nan],
    maximum: [2, nan, 3],
  };
  expect(read(fn(inputs))).toEqual(eager);
  const run = (jit: boolean) => {
    const compiled = compile(fn, { inputs, jit });
    const found = read(compiled.call(inputs));
    compiled.dispose();
    return found;
  };
  expect(run(true)).toEqual({
    ...eager,
    argMin: [2],
    elu: [1, nan, 1],
    cast: [most, least, 0],
  });
  expect(run(false)).toEqual({ ...eager, softmax: [0, nan, 0] });
});

test('indices out of range and divisors of zero give with jit what they do not give eagerly', () => {
  const specs = {
    x: { shape: [3], dtype: 'float32' },
    i: { shape: [3], dtype: 'int32' },
  } as const;
  const compiled = compile(
    ({ x, i }: { x: tf.Tensor1D; i: tf.Tensor1D }) => {
      const rows = tf.reshape(i, [3, 1]);
      return {
        gather: tf.gather(x, i),
        gatherND: tf.gatherND(x, rows),
        oneHot: tf.oneHot(tf.slice(i, 2), 3),
        segments: tf.unsortedSegmentSum(x, i, 3),
        scatter: tf.scatterND(rows, x, [3]),
        quotient: tf.floorDiv(i, tf.sub(i, i)),
      };
    },
    { inputs: specs },
  );
  const x = tf.tensor1d([1, 2, 3]);
  const { quotient, ...found } = read(compiled.call({ x, i: tf.tensor1d([-1, 1, 7], 'int32') }));
  expect(quotient).toHaveLength(3);
  expect(found).toEqual({
    gather: [1, 2, 3],
    gatherND: [1, 2, 3],
    oneHot: [0, 0, 0],
    segments: [0, 2, 0],
    scatter: [0, 2, 0],
  });
  compiled.dispose();
});
