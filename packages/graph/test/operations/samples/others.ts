import * as tf from '@tensorflow/tfjs-core';
import { a, ids, image, positive, row, type Samples, sample, text } from './sample.ts';

const boxes = tf.tensor2d([0, 0, 1, 1, 0, 0, 0.9, 0.9, 0.5, 0.5, 1, 1], [3, 4]);
const scores = tf.tensor1d([0.9, 0.8, 0.7]);
const identity = tf.tensor2d([[1, 0, 1, 0, 1, 0, 0, 0]]);

const ofImages: Samples = {
  cropAndResize: sample([image, boxes], (x, y) =>
    tf.image.cropAndResize(x, y, tf.tensor1d([0, 1, 0], 'int32'), [4, 4]),
  ),
  flipLeftRight: sample([image], (x) => tf.image.flipLeftRight(x)),
  grayscaleToRGB: sample([image], (x) =>
    tf.image.grayscaleToRGB(tf.slice(x, [0, 0, 0, 0], [-1, -1, -1, 1])),
  ),
  nonMaxSuppression: sample([boxes, scores], (x, y) => tf.image.nonMaxSuppression(x, y, 3)),
  nonMaxSuppressionAsync: sample([boxes, scores], (x, y) =>
    tf.image.nonMaxSuppressionAsync(x, y, 3),
  ),
  nonMaxSuppressionPadded: sample([boxes, scores], (x, y) => {
    const found = tf.image.nonMaxSuppressionPadded(x, y, 3, 0.5, 0, true);
    return tf.slice(found.selectedIndices as tf.Tensor1D, 0, 2);
  }),
  nonMaxSuppressionWithScore: sample([boxes, scores], (x, y) =>
    tf.image.nonMaxSuppressionWithScore(x, y, 3),
  ),
  resizeBilinear: sample([image], (x) => tf.image.resizeBilinear(x, [4, 4])),
  resizeNearestNeighbor: sample([image], (x) => tf.image.resizeNearestNeighbor(x, [4, 4])),
  rgbToGrayscale: sample([image], (x) => tf.image.rgbToGrayscale(x)),
  rotateWithOffset: sample([image], (x) => tf.image.rotateWithOffset(x, 0.5)),
  threshold: sample([image], (x) => {
    const one = tf.reshape(tf.slice(x, [0, 0, 0, 0], [1, 8, 8, 1]), [8, 8, 1]) as tf.Tensor3D;
    return tf.image.threshold(tf.cast(tf.abs(one), 'int32'));
  }),
  transform: sample([image], (x) => tf.image.transform(x, identity)),
};

const { cos, sin } = tf;

export const images: Samples = Object.fromEntries(
  Object.entries(ofImages).map(([name, it]) => [`image.${name}`, it]),
);

const transforms: Samples = {
  fft: sample([a], (x) => tf.real(tf.fft(tf.complex(x, x)))),
  ifft: sample([a], (x) => tf.real(tf.ifft(tf.complex(x, x)))),
  irfft: sample([a], (x) => tf.irfft(tf.complex(x, x))),
  rfft: sample([a], (x) => tf.real(tf.rfft(x))),
};

export const signals: Samples = {
  ...transforms,
  ...Object.fromEntries(Object.entries(transforms).map(([name, it]) => [`spectral.${name}`, it])),
  complex: sample([a], (x) => tf.imag(tf.complex(x, tf.neg(x)))),
  imag: sample([a], (x) => tf.imag(tf.complex(sin(x), cos(x)))),
  real: sample([a], (x) => tf.real(tf.complex(sin(x), cos(x)))),
  'signal.frame': sample([row], (x) => tf.signal.frame(x, 3, 1)),
  'signal.hammingWindow': sample([], () => tf.signal.hammingWindow(5)),
  'signal.hannWindow': sample([], () => tf.signal.hannWindow(5)),
  'signal.stft': sample([row], (x) => tf.real(tf.signal.stft(x, 4, 1))),
};

export const withoutInputs: Samples = {
  eye: sample([], () => tf.eye(3)),
  fill: sample([], () => tf.fill([2, 3], 7)),
  linspace: sample([], () => tf.linspace(0, 1, 5)),
  ones: sample([], () => tf.ones([3])),
  range: sample([], () => tf.range(0, 5)),
  zeros: sample([], () => tf.zeros([3])),
};

export const random: Samples = {
  dropout: sample([a], (x) => tf.dropout(x, 0.5)),
  multinomial: sample([positive], (x) => tf.multinomial(x, 3)),
  rand: sample([], () => tf.rand([3], () => 1)),
  randomGamma: sample([], () => tf.randomGamma([3], 1)),
  randomNormal: sample([], () => tf.randomNormal([3])),
  randomStandardNormal: sample([], () => tf.randomStandardNormal([3])),
  randomUniform: sample([], () => tf.randomUniform([3])),
  randomUniformInt: sample([], () => tf.randomUniformInt([3], 0, 9)),
  truncatedNormal: sample([], () => tf.truncatedNormal([3])),
};

const splits = tf.tensor1d([0, 2, 4], 'int32');
const segments = tf.tensor1d([0, 0, 1, 1], 'int32');
const places = tf.tensor2d([0, 0, 2, 1], [2, 2], 'int32');
const sizes = tf.tensor1d([3, 4], 'int32');

export const raggedSparseAndText: Samples = {
  'browser.fromPixels': sample([], () =>
    tf.browser.fromPixels({ data: new Uint8Array(16), width: 2, height: 2 }),
  ),
  raggedGather: sample([splits, row], (x, y) =>
    tf.raggedGather([x], tf.slice(y, 0, 4), tf.tensor1d([1, 0], 'int32'), 1),
  ),
  raggedRange: sample([ids], (x) => tf.raggedRange(x, tf.add(x, x), tf.onesLike(x))),
  raggedTensorToTensor: sample([splits, row], (x, y) =>
    tf.raggedTensorToTensor(sizes, tf.slice(y, 0, 4), tf.scalar(0), [x], ['ROW_SPLITS']),
  ),
  'sparse.sparseFillEmptyRows': sample([places, row], (x, y) =>
    tf.sparse.sparseFillEmptyRows(x, tf.slice(y, 0, 2), sizes, tf.scalar(0)),
  ),
  'sparse.sparseReshape': sample([places], (x) =>
    tf.sparse.sparseReshape(x, sizes, tf.tensor1d([4, 3], 'int32')),
  ),
  'sparse.sparseSegmentMean': sample([a, ids], (x, y) =>
    tf.sparse.sparseSegmentMean(x, y, segments),
  ),
  'sparse.sparseSegmentSum': sample([a, ids], (x, y) => tf.sparse.sparseSegmentSum(x, y, segments)),
  'string.staticRegexReplace': sample([], () => tf.string.staticRegexReplace(text, 'a', 'b')),
  'string.stringNGrams': sample([], () =>
    tf.string.stringNGrams(text, tf.tensor1d([0, 2], 'int32'), ' ', [2], '', '', 0, false),
  ),
  'string.stringSplit': sample([], () => tf.string.stringSplit(text, ' ')),
  'string.stringToHashBucketFast': sample([], () => tf.string.stringToHashBucketFast(text, 10)),
};
