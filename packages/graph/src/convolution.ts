/**
 * Convolutions in forms that XLA's CPU backend is fast at. It has one good kernel, Eigen's forward
 * convolution, and computes gradients and depthwise convolutions by naive loops
 * (docs/convolutions.md). Images are [n, height, width, channels].
 */
import * as tf from '@tensorflow/tfjs-core';
import { barrier } from './materialize.ts';
import { addToWindows, plus, readWindows, type Windows } from './windows.ts';

type Padding = [[number, number], [number, number], [number, number], [number, number]];

/** With so few terms to a sum, Eigen's kernel takes longer to gather them than a loop to add them. */
const fewTerms = 32;

/**
 * A convolution with few inputs to each output, as one elementwise sum; undefined for others, for which
 * TensorFlow's own op is the best form.
 * @param filter [rows, columns, inputs, outputs]
 */
export function convolution(
  x: tf.Tensor,
  filter: tf.Tensor,
  windows: Windows,
): tf.Tensor | undefined {
  const [rows, columns, inputs, outputs] = filter.shape as [number, number, number, number];
  if (rows * columns * inputs > fewTerms || inputs !== x.shape[3]) return undefined;
  const weights = tf.unstack(tf.reshape(filter, [-1, outputs]));
  const terms = readWindows(x, windows, 0)
    .flatMap((window) => tf.split(window, inputs, 3))
    .map((channel, i) => tf.mul(channel, weights[i]!));
  return barrier(terms.reduce(plus));
}

/**
 * The gradient by the input: with stride 1 a convolution with the filter turned round, otherwise one
 * product whose columns are added to the windows that they come from.
 */
export function inputGradient(dy: tf.Tensor, filter: tf.Tensor, windows: Windows): tf.Tensor {
  const { rows, columns } = windows;
  const [, , inputs, outputs] = filter.shape as [number, number, number, number];
  if (rows.stride === 1 && columns.stride === 1) {
    const turned = barrier(tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]));
    const padding = turnedPadding(windows);
    return tf.conv2d(dy as tf.Tensor4D, turned as tf.Tensor4D, 1, padding);
  }
  const [n] = dy.shape as [number];
  const flat = tf.reshape(dy, [-1, outputs]);
  const products = barrier(tf.matMul(flat, tf.reshape(filter, [-1, outputs]), false, true));
  const parts = tf
    .split(products, rows.size * columns.size, 1)
    .map((part) => tf.reshape(part, [n, rows.output, columns.output, inputs]));
  return addToWindows(parts, windows);
}

/**
 * The gradient by the filter: a convolution in which examples take the place of channels, and the
 * gradient that of the filter.
 * @returns [rows, columns, inputs, outputs]
 */
export function filterGradient(x: tf.Tensor, dy: tf.Tensor, windows: Windows): tf.Tensor {
  const images = barrier(tf.transpose(x, [3, 1, 2, 0]));
  const filter = barrier(tf.transpose(dy, [1, 2, 0, 3]));
  return tf.transpose(correlation(images, filter, windows), [1, 2, 0, 3]);
}

/** [inputs, rows, columns, outputs] of images [inputs, …, n] and a filter [height, width, n, outputs]. */
function correlation(images: tf.Tensor, filter: tf.Tensor, windows: Windows): tf.Tensor {
  const { rows, columns } = windows;
  const padding: Padding = [[0, 0], [...rows.padding], [...columns.padding], [0, 0]];
  const all = tf.conv2d(images as tf.Tensor4D, filter as tf.Tensor4D, 1, padding, 'NHWC', [
    rows.stride,
    columns.stride,
  ]);
  // Rows that no window reaches, since the stride steps over them, make further places.
  return tf.slice(all, [0, 0, 0, 0], [images.shape[0]!, rows.size, columns.size, -1]);
}

/** What surrounds a gradient that is convolved with the filter turned round. */
function turnedPadding({ rows, columns }: Windows): Padding {
  const of = ({ size, dilation, padding: [before, after] }: Windows['rows']): [number, number] => {
    const extent = (size - 1) * dilation;
    return [extent - before, extent - after];
  };
  return [[0, 0], of(rows), of(columns), [0, 0]];
}

/**
 * A convolution of each channel by itself, as one elementwise sum.
 * @param filter [rows, columns, channels, multiplier]
 */
export function depthwise(x: tf.Tensor, filter: tf.Tensor, windows: Windows): tf.Tensor {
  const [, , channels, multiplier] = filter.shape as [number, number, number, number];
  const weights = tf.unstack(tf.reshape(filter, [-1, channels, multiplier]));
  const terms = readWindows(x, windows, 0).map((window, i) =>
    tf.mul(multiplier === 1 ? window : tf.expandDims(window, 4), multiplierLast(weights[i]!)),
  );
  const sum = terms.reduce(plus);
  return barrier(tf.reshape(sum, [...sum.shape.slice(0, 3), channels * multiplier]));
}

/** [channels, multiplier], or [channels] where each has one output. */
const multiplierLast = (weights: tf.Tensor): tf.Tensor =>
  weights.shape[1] === 1 ? tf.reshape(weights, [-1]) : weights;

export function depthwiseInputGradient(
  dy: tf.Tensor,
  filter: tf.Tensor,
  windows: Windows,
): tf.Tensor {
  const { rows, columns } = windows;
  const [, , channels, multiplier] = filter.shape as [number, number, number, number];
  const weights = tf.unstack(tf.reshape(filter, [-1, channels, multiplier]));
  const apart = tf.reshape(dy, [...dy.shape.slice(0, 3), channels, multiplier]);
  const parts = weights.map((weight) =>
    multiplier === 1 ? tf.mul(dy, tf.reshape(weight, [-1])) : tf.sum(tf.mul(apart, weight), 4),
  );
  if (rows.stride !== 1 || columns.stride !== 1 || multiplier !== 1)
    return barrier(addToWindows(parts, windows));
  const [, top, left] = turnedPadding(windows);
  const turned: Windows = {
    rows: { ...rows, input: rows.output, output: rows.input, padding: top },
    columns: { ...columns, input: columns.output, output: columns.input, padding: left },
  };
  return depthwise(dy, tf.reverse(filter, [0, 1]), turned);
}

/** Terms of one elementwise sum: with fewer its results are many, with more each thread reads too many streams. */
const summedTogether = 8;

/**
 * The filter's gradient of each channel by itself: for each place of a window an elementwise sum over
 * examples of what stands there times the gradient, then a product with ones over the rest.
 * @returns [rows, columns, channels, multiplier]
 */
export function depthwiseFilterGradient(x: tf.Tensor, dy: tf.Tensor, windows: Windows): tf.Tensor {
  const [n, height, width, outputs] = dy.shape as [number, number, number, number];
  const channels = x.shape[3]!;
  const multiplier = outputs / channels;
  const terms = Math.min(summedTogether, n);
  const missing = (terms - (n % terms)) % terms;
  const none = [0, 0] as [number, number];
  const padded = (images: tf.Tensor) =>
    missing === 0 ? images : tf.pad(images, [[0, missing], none, none, none]);
  const apart = tf.reshape(padded(dy), [-1, height, width, channels, multiplier]);
  const gradients = tf.split(multiplier === 1 ? tf.squeeze(apart, [4]) : apart, terms);
  const sums = readWindows(padded(x), windows, 0).map((window) => {
    const parts = tf
      .split(multiplier === 1 ? window : tf.expandDims(window, 4), terms)
      .map((part, i) => tf.mul(part, gradients[i]!));
    const sum = barrier(tf.reshape(parts.reduce(plus), [-1, outputs])) as tf.Tensor2D;
    return tf.matMul(tf.ones([1, sum.shape[0]]) as tf.Tensor2D, sum);
  });
  return tf.reshape(tf.concat(sums, 0), [
    ...[windows.rows.size, windows.columns.size, channels, multiplier],
  ]);
}
