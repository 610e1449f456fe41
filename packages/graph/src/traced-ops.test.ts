import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compile } from './index.ts';

loadTensorFlow();

const random = (shape: number[], seed: number, low = -2, high = 2) =>
  tf.randomUniform(shape, low, high, 'float32', seed);

const inputs = {
  a: random([4, 6], 1) as tf.Tensor2D,
  b: random([4, 6], 2) as tf.Tensor2D,
  w: random([6, 3], 3) as tf.Tensor2D,
  positive: random([4, 6], 4, 0.1, 3),
  unit: random([4, 6], 5, -0.9, 0.9),
  image: random([2, 8, 8, 3], 6) as tf.Tensor4D,
  filter: random([3, 3, 3, 4], 7) as tf.Tensor4D,
  volume: random([1, 4, 4, 4, 2], 8) as tf.Tensor5D,
  ids: tf.tensor1d([2, 0, 3, 1, 2], 'int32'),
  flags: tf.tensor2d(
    [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 1],
    [4, 6],
    'bool',
  ),
};
type Inputs = typeof inputs;

/** What a function gives for one argument, and the gradient of its sum. */
const withGradient = <T extends tf.Tensor>(f: (x: T) => tf.Tensor, x: T) => {
  const { value, grad } = tf.valueAndGrad((v) => tf.sum(f(v as T)))(x);
  return { f: f(x), value, grad };
};

type Op = (...tensors: tf.Tensor[]) => tf.Tensor;

/** One function that applies many ops, each under its name. */
const each =
  (ops: Record<string, unknown>, apply: (op: Op, inputs: Inputs) => unknown) => (x: Inputs) =>
    Object.fromEntries(Object.entries(ops).map(([name, op]) => [name, apply(op as Op, x)]));

const { abs, atan, cos, cosh, elu, erf, exp, expm1, leakyRelu, logSigmoid, logSoftmax, neg, relu } =
  tf;
const { relu6, selu, sigmoid, sin, sinh, softmax, softplus, square, step, tan, tanh } = tf;
const { asinh, log, log1p, reciprocal, rsqrt, sqrt, acos, asin, atanh } = tf;
const { ceil, floor, isInf, round, sign } = tf;
const { add, atan2, maximum, minimum, mul, squaredDifference, sub } = tf;
const { equal, greater, greaterEqual, less, lessEqual, notEqual } = tf;
const { max, mean, min, prod, sum } = tf;

const functions: [string, (x: Inputs) => unknown][] = [
  [
    'activations',
    each(
      { elu, leakyRelu, logSigmoid, logSoftmax, relu, relu6, selu, sigmoid, softmax, softplus },
      (op, { a }) => withGradient(op, a),
    ),
  ],
  [
    'elementary functions',
    each(
      { abs, atan, cos, cosh, erf, exp, expm1, neg, sin, sinh, square, step, tan, tanh },
      (op, { a }) => withGradient(op, a),
    ),
  ],
  [
    'those of positive numbers',
    each({ asinh, log, log1p, reciprocal, rsqrt, sqrt }, (op, { positive }) =>
      withGradient(op, positive),
    ),
  ],
  [
    'those of the unit interval',
    each({ acos, asin, atanh }, (op, { unit }) => withGradient(op, unit)),
  ],
  [
    'those without gradient',
    each({ ceil, floor, isInf, round, sign, nan: tf.isNaN, finite: tf.isFinite }, (op, { a }) =>
      op(a),
    ),
  ],
  [
    'binary functions',
    each({ add, atan2, maximum, minimum, mul, squaredDifference, sub }, (op, { a, b }) =>
      tf.valueAndGrads((x, y) => tf.sum(op(x!, y!)))([a, b]),
    ),
  ],
  [
    'comparisons',
    each({ equal, greater, greaterEqual, less, lessEqual, notEqual }, (op, { a, b }) => op(a, b)),
  ],
  [
    'reductions',
    each({ max, mean, min, prod, sum }, (op, { a }) => [
      withGradient((x) => (op as unknown as typeof tf.sum)(x, 1), a),
      op(a),
    ]),
  ],
  ['div', ({ a, positive }) => tf.valueAndGrads((x, y) => tf.sum(tf.div(x!, y!)))([a, positive])],
  ['divNoNan', ({ a, b }) => tf.divNoNan(a, tf.relu(b))],
  ['pow', ({ positive, b }) => tf.valueAndGrads((x, y) => tf.sum(tf.pow(x!, y!)))([positive, b])],
  [
    'mod, floorDiv',
    ({ ids }) => [tf.mod(ids, tf.scalar(3, 'int32')), tf.floorDiv(ids, tf.scalar(2, 'int32'))],
  ],
  [
    'logical',
    ({ flags, a }) => [
      tf.logicalAnd(flags, tf.less(a, 0)),
      tf.logicalOr(flags, tf.less(a, 0)),
      tf.logicalNot(flags),
      tf.logicalXor(flags, tf.less(a, 0)),
    ],
  ],
  ['any, all', ({ flags }) => [tf.any(flags, 1), tf.all(flags, 0)]],
  ['argMax, argMin', ({ a }) => [tf.argMax(a, 1), tf.argMin(a, 0)]],
  [
    'where',
    ({ flags, a, b }) => tf.valueAndGrads((x, y) => tf.sum(tf.where(flags, x!, y!)))([a, b]),
  ],
  [
    'Select, whose condition may be one of rows',
    ({ a, b }) => {
      const condition = tf.greater(tf.sum(a, 1), 0);
      return tf.engine().runKernel('Select', { condition, t: a, e: b }) as tf.Tensor;
    },
  ],
  ['clip, prelu', ({ a, b }) => [withGradient((x) => tf.clipByValue(x, -1, 1), a), tf.prelu(a, b)]],
  [
    'cast',
    ({ a, ids, flags }) => [
      tf.cast(a, 'int32'),
      tf.cast(ids, 'float32'),
      tf.cast(flags, 'int32'),
      tf.cast(a, 'bool'),
    ],
  ],
  [
    'fill',
    ({ a }) => [
      tf.zerosLike(a),
      tf.onesLike(a),
      tf.fill([2, 3], 7),
      tf.ones([3]),
      tf.linspace(0, 1, 5),
      tf.range(0, 5),
      tf.eye(3),
    ],
  ],
  [
    'matMul',
    ({ a, w }) =>
      tf.valueAndGrads((x, y) => tf.sum(tf.matMul(x as tf.Tensor2D, y as tf.Tensor2D)))([a, w]),
  ],
  [
    'batched matMul',
    ({ image }) =>
      withGradient((x) => tf.matMul(tf.reshape(x, [2, 8, 24]), tf.reshape(x, [2, 24, 8])), image),
  ],
  ['transposed matMul', ({ a, b }) => tf.matMul(a, b, false, true)],
  [
    'einsum, dot, outerProduct',
    ({ a, w }) => [
      tf.einsum('ij,jk->ik', a, w),
      tf.dot(a, w),
      tf.outerProduct(tf.unstack(a)[0] as tf.Tensor1D, tf.unstack(a)[1] as tf.Tensor1D),
    ],
  ],
  [
    'shapes',
    ({ a }) => withGradient((x) => tf.transpose(tf.reshape(tf.expandDims(x, 1), [6, 4])), a),
  ],
  [
    'slice, stridedSlice',
    ({ a }) => [
      withGradient((x) => tf.slice(x, [1, 2], [2, 3]), a),
      tf.stridedSlice(a, [0, 1], [4, 6], [2, 2]),
    ],
  ],
  [
    'concat, stack',
    ({ a, b }) =>
      tf.valueAndGrads((x, y) =>
        tf.sum(tf.square(tf.stack([tf.concat([x!, y!], 1), tf.concat([y!, x!], 1)]))),
      )([a, b]),
  ],
  [
    'split, unstack',
    ({ a }) => [
      tf.split(a, 3, 1),
      tf.split(a, [1, 2, 3], 1),
      tf.unstack(a),
      withGradient((x) => tf.square(tf.split(x, 2, 1)[1]!), a),
    ],
  ],
  [
    'pad, tile, reverse',
    ({ a }) => [
      withGradient(
        (x) =>
          tf.pad(
            x,
            [
              [1, 0],
              [0, 2],
            ],
            3,
          ),
        a,
      ),
      withGradient((x) => tf.tile(x, [2, 1]), a),
      tf.reverse(a, 1),
      tf.mirrorPad(
        a,
        [
          [1, 1],
          [2, 2],
        ],
        'reflect',
      ),
    ],
  ],
  [
    'gather',
    ({ a, ids }) => [
      withGradient((x) => tf.square(tf.gather(x, ids)), a),
      tf.gatherND(
        a,
        tf.tensor2d(
          [
            [0, 1],
            [2, 3],
          ],
          [2, 2],
          'int32',
        ),
      ),
    ],
  ],
  [
    'scatter',
    ({ b }) => [
      tf.scatterND(tf.tensor2d([[1], [3]], [2, 1], 'int32'), tf.slice(b, [0, 0], [2, 6]), [5, 6]),
      tf.unsortedSegmentSum(b, tf.tensor1d([0, 1, 0, 1], 'int32'), 2),
    ],
  ],
  ['oneHot, topk', ({ a, ids }) => [tf.oneHot(ids, 5), tf.topk(a, 2)]],
  ['cumsum, cumprod', ({ a }) => [withGradient((x) => tf.cumsum(x, 1), a), tf.cumprod(a, 0)]],
  [
    'moments, batchNorm',
    ({ a }) =>
      withGradient((x) => {
        const { mean, variance } = tf.moments(x, 0);
        return tf.square(
          tf.batchNorm(
            x as tf.Tensor2D,
            mean as tf.Tensor1D,
            variance as tf.Tensor1D,
            tf.zeros([6]),
            tf.ones([6]),
          ),
        );
      }, a),
  ],
  [
    'mean, moments, accuracy, exp of integers and flags',
    ({ a, b, ids, flags }) => [
      tf.mean(ids),
      tf.mean(flags, 1),
      tf.moments(ids),
      tf.mean(tf.equal(tf.argMax(a, 1), tf.argMax(b, 1))),
      // Run eagerly, tfjs-node's kernel disposes of its int32 argument.
      tf.exp(tf.concat([ids, ids])),
      tf.sum(flags),
      tf.max(ids),
      tf.meshgrid(ids, ids),
    ],
  ],
  ['logSumExp, norm', ({ a }) => [withGradient((x) => tf.logSumExp(x, 1), a), tf.norm(a)]],
  [
    'cross-entropy',
    ({ a, positive }) => withGradient((x) => tf.losses.softmaxCrossEntropy(positive, x), a),
  ],
  [
    'sigmoid cross-entropy, huber',
    ({ a, b, unit }) => [
      tf.losses.sigmoidCrossEntropy(tf.abs(unit), a),
      tf.losses.huberLoss(a, b),
      tf.losses.meanSquaredError(a, b),
    ],
  ],
  [
    'conv2d',
    ({ image, filter }) =>
      tf.valueAndGrads((x, f) =>
        tf.sum(tf.square(tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'same'))),
      )([image, filter]),
  ],
  [
    'depthwise conv2d',
    ({ image, filter }) =>
      tf.valueAndGrads((x, f) =>
        tf.sum(tf.square(tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'valid'))),
      )([image, filter]),
  ],
  [
    'conv2dTranspose',
    ({ image, filter }) =>
      tf.conv2dTranspose(
        tf.slice(tf.tile(image, [1, 1, 1, 2]), [0, 0, 0, 0], [2, 8, 8, 4]) as tf.Tensor4D,
        filter,
        [2, 10, 10, 3],
        1,
        'valid',
      ),
  ],
  [
    'maxPool, avgPool',
    ({ image }) => [
      withGradient((x) => tf.maxPool(x, 2, 2, 'valid'), image),
      withGradient((x) => tf.avgPool(x, 2, 2, 'same'), image),
    ],
  ],
  [
    'conv3d',
    ({ volume }) => tf.conv3d(volume, tf.ones([2, 2, 2, 2, 3]) as tf.Tensor5D, 1, 'valid'),
  ],
  [
    'resize',
    ({ image }) => [
      withGradient((x) => tf.image.resizeBilinear(x, [4, 4]), image),
      tf.image.resizeNearestNeighbor(image, [4, 4]),
    ],
  ],
  [
    'space, depth',
    ({ image }) => [
      tf.spaceToBatchND(
        image,
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
      tf.batchToSpaceND(
        tf.tile(image, [2, 1, 1, 1]),
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
      tf.depthToSpace(tf.tile(image, [1, 1, 1, 4]), 2),
    ],
  ],
  ['localResponseNormalization', ({ image }) => tf.localResponseNormalization(image)],
  ['fused ops', ({ a, w }) => tf.fused.matMul({ a, b: w, bias: tf.ones([3]), activation: 'relu' })],
  ['fft', ({ a }) => [tf.real(tf.spectral.fft(tf.complex(a, a))), tf.imag(tf.spectral.rfft(a))]],
  ['bincount, denseBincount', ({ ids }) => [tf.bincount(ids, tf.tensor1d([]), 5)]],
  [
    'lone constants',
    () => [
      tf.scalar(true, 'bool'),
      tf.tensor1d([1, 2, 3], 'int32'),
      tf.zeros([300, 1000]),
      tf.scalar(-0),
    ],
  ],
];

test.each(functions)('%s gives compiled what it gives eagerly', (_, fn) => {
  const expected = leaves(fn(inputs));
  for (const jit of [true, false]) {
    const compiled = compile(fn, { inputs, jit });
    const found = leaves(compiled.call(inputs));
    expect(found.length).toBe(expected.length);
    for (const [i, tensor] of found.entries()) expectClose(tensor, expected[i] as tf.Tensor);
    compiled.dispose();
  }
});

const leaves = (tree: unknown): tf.Tensor[] => {
  if (tree instanceof tf.Tensor) return [tree];
  return Object.values(tree as object).flatMap(leaves);
};

function expectClose(found: tf.Tensor, expected: tf.Tensor): void {
  expect([found.dtype, found.shape]).toEqual([expected.dtype, expected.shape]);
  const difference = tf.tidy(() => {
    const [a, b] = [tf.cast(found, 'float32'), tf.cast(expected, 'float32')];
    return tf.div(tf.max(tf.abs(tf.sub(a, b))), tf.maximum(tf.max(tf.abs(b)), 1)).dataSync()[0];
  });
  expect(difference).toBeLessThan(1e-5);
}
