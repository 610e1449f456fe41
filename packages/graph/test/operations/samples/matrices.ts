import * as tf from '@tensorflow/tfjs-core';
import {
  a,
  b,
  flags,
  ids,
  image,
  positive,
  row,
  type Samples,
  sample,
  samplesOf,
  w,
} from './sample.ts';

const {
  argMax,
  argMin,
  cumprod,

  euclideanNorm,
  logSumExp,
  max,
  mean,
  min,
  norm,
  prod,
  sum,
} = tf;

export const reductions: Samples = {
  ...samplesOf([a], { cumprod, max, mean, min, prod, sum, argMax, argMin }),
  ...samplesOf([a], { euclideanNorm, logSumExp, norm }),
  // tfjs's own gradient of other axes than the last gives a wrong shape.
  cumsum: sample([a], (x) => tf.cumsum(x, 1)),
  all: sample([flags], (x) => tf.all(x, 0)),
  any: sample([flags], (x) => tf.any(x, 1)),
  bincount: sample([ids], (x) => tf.bincount(x, tf.tensor1d([]), 5)),
  denseBincount: sample([ids], (x) => tf.denseBincount(x, tf.tensor1d([]), 5)),
  inTopKAsync: sample([a, ids], (x, y) => tf.inTopKAsync(x, y)),
  'math.confusionMatrix': sample([ids], (x) => tf.math.confusionMatrix(x, tf.reverse(x), 4)),
  moments: sample([a], (x) => tf.moments(x, 0)),
  topk: sample([a], (x) => tf.topk(x, 2)),
  unique: sample([ids], (x) => tf.unique(x)),
  unsortedSegmentSum: sample([a], (x) =>
    tf.unsortedSegmentSum(x, tf.tensor1d([0, 1, 0, 1], 'int32'), 2),
  ),
};

const vectors: [tf.Tensor1D, tf.Tensor1D] = [row, tf.reverse(row)];

export const products: Samples = {
  dot: sample(vectors, (x, y) => tf.dot(x, y)),
  einsum: sample([a, w], (x, y) => tf.einsum('ij,jk->ik', x, y)),
  'fused.matMul': sample([a, w], (x, y) =>
    tf.fused.matMul({ a: x, b: y, bias: tf.ones([3]), activation: 'relu' }),
  ),
  'linalg.bandPart': sample([a], (x) => tf.linalg.bandPart(x, 1, 1)),
  'linalg.gramSchmidt': sample([a], (x) => tf.linalg.gramSchmidt(x)),
  'linalg.qr': sample([a], (x) => tf.linalg.qr(x)),
  matMul: sample([a, b], (x, y) => tf.matMul(x, y, false, true)),
  outerProduct: sample(vectors, (x, y) => tf.outerProduct(x, y)),
};

const cell = (x: tf.Tensor2D, kernel: tf.Tensor2D) =>
  tf.basicLSTMCell(
    1,
    kernel,
    tf.zeros([8]) as tf.Tensor1D,
    x,
    tf.zeros([4, 2]) as tf.Tensor2D,
    tf.zeros([4, 2]) as tf.Tensor2D,
  );
const kernel = tf.randomUniform([8, 8], -1, 1, 'float32', 12) as tf.Tensor2D;

/** What tfjs's gradient needs: it fails where an offset or a scale is left out. */
type Statistics = [
  mean: tf.Tensor1D,
  variance: tf.Tensor1D,
  offset: tf.Tensor1D,
  scale: tf.Tensor1D,
];
const statistics: Statistics = [row, tf.add(tf.square(row), 1), tf.reverse(row), tf.neg(row)];
const threeOf = (them: Statistics) => them.map((it) => tf.slice(it, 0, 3)) as Statistics;

export const ofNetworks: Samples = {
  basicLSTMCell: sample([a, kernel], cell),
  batchNorm: sample([a, ...statistics], (x, ...others) => tf.batchNorm(x, ...others)),
  batchNorm2d: sample([a, ...statistics], (x, ...others) => tf.batchNorm2d(x, ...others)),
  batchNorm3d: sample([a, ...statistics], (x, ...others) =>
    tf.batchNorm3d(tf.expandDims(x) as tf.Tensor3D, ...others),
  ),
  batchNorm4d: sample([image, ...threeOf(statistics)], (x, ...others) =>
    tf.batchNorm4d(x, ...others),
  ),
  localResponseNormalization: sample([image], (x) => tf.localResponseNormalization(x)),
  logSoftmax: sample([a], (x) => tf.logSoftmax(x)),
  movingAverage: sample([a, b], (x, y) => tf.movingAverage(x, y, 0.9, undefined, false)),
  multiRNNCell: sample([a, kernel], (x, y) => {
    const zeros = tf.zeros([4, 2]) as tf.Tensor2D;
    return tf.multiRNNCell([(data) => cell(data, y)], x, [zeros], [zeros]);
  }),
  softmax: sample([a], (x) => tf.softmax(x)),
};

const weights = tf.tensor2d([[1], [0], [2], [1]]);
const { absoluteDifference, hingeLoss, huberLoss, meanSquaredError, sigmoidCrossEntropy } =
  tf.losses;

export const losses: Samples = Object.fromEntries(
  Object.entries({
    ...samplesOf([tf.step(a) as tf.Tensor2D, b], {
      absoluteDifference,
      hingeLoss,
      huberLoss,
      meanSquaredError,
      sigmoidCrossEntropy,
    }),
    computeWeightedLoss: sample([a, weights], (x, y) => tf.losses.computeWeightedLoss(x, y)),
    cosineDistance: sample([a, b], (x, y) => tf.losses.cosineDistance(x, y, 1)),
    logLoss: sample([positive, tf.reverse(positive)], (x, y) => tf.losses.logLoss(x, tf.div(y, 4))),
    softmaxCrossEntropy: sample([tf.softmax(b) as tf.Tensor2D, a], (x, y) =>
      tf.losses.softmaxCrossEntropy(x, y),
    ),
  }).map(([name, it]) => [`losses.${name}`, it]),
);
