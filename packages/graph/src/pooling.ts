/**
 * Pooling in forms that XLA's CPU backend is fast at: elementwise over what stands at each place of the
 * windows, where its own windows are naive loops (docs/convolutions.md). Images are
 * [n, height, width, channels].
 */
import * as tf from '@tensorflow/tfjs-core';
import { barrier } from './materialize.ts';
import { addToWindows, plus, readWindows, type Windows } from './windows.ts';

/** What TensorFlow begins a maximum with: it remains where a window holds nothing above it, or NaN alone. */
const lowest = -3.4028234663852886e38;

/** The largest of each window, NaN left aside, as TensorFlow does on the CPU. */
export function maxPool(x: tf.Tensor, windows: Windows): tf.Tensor {
  const largest = (found: tf.Tensor, next: tf.Tensor) =>
    tf.where(tf.greater(next, found), next, found);
  return barrier(readWindows(x, windows, -Infinity).reduce(largest, tf.scalar(lowest)));
}

/**
 * Each output's gradient goes to the first place that has the window's maximum; to the first of all
 * where that is NaN or none has it.
 * @param y what {@link maxPool} gave
 */
export function maxPoolGradient(
  x: tf.Tensor,
  y: tf.Tensor,
  dy: tf.Tensor,
  windows: Windows,
): tf.Tensor {
  const [first, ...others] = readWindows(x, windows, -Infinity) as [tf.Tensor, ...tf.Tensor[]];
  const later = others.map((window) => tf.equal(window, y));
  const zero = tf.zerosLike(dy);
  if (later.length === 0) return barrier(addToWindows([dy], windows));
  const someLater = later.reduce((a, b) => tf.logicalOr(a, b));
  // NaN is less than nothing: in the first place it keeps the gradient, as it does eagerly.
  let open: tf.Tensor = tf.logicalAnd(tf.less(first, y), someLater);
  const parts = [tf.where(open, zero, dy)];
  for (const hit of later) {
    parts.push(tf.where(tf.logicalAnd(hit, open), dy, zero));
    open = tf.logicalAnd(open, tf.logicalNot(hit));
  }
  return barrier(addToWindows(parts, windows));
}

/** The mean of each window, of what of it lies in the image. */
export function avgPool(x: tf.Tensor, windows: Windows): tf.Tensor {
  const sum = readWindows(x, windows, 0).reduce(plus);
  return barrier(tf.mul(sum, shares(windows)));
}

export function avgPoolGradient(dy: tf.Tensor, windows: Windows): tf.Tensor {
  const part = tf.mul(dy, shares(windows));
  const { rows, columns } = windows;
  const parts = Array.from({ length: rows.size * columns.size }, () => part);
  return barrier(addToWindows(parts, windows));
}

/** One over how many places of each window lie in the image, [1, rows, columns, 1]. */
function shares({ rows, columns }: Windows): tf.Tensor {
  const inside = ({ input, output, size, stride, padding }: Windows['rows']) =>
    Array.from({ length: output }, (_, i) => {
      const begin = i * stride - padding[0];
      return Math.min(begin + size, input) - Math.max(begin, 0);
    });
  const across = inside(columns);
  const counts = inside(rows).map((down) => across.map((it) => [1 / (down * it)]));
  return tf.tensor4d([counts]);
}
