import * as tf from '@tensorflow/tfjs-core';
import { attributeValue, type OpAttribute } from './backend.ts';

/** Along one axis: where a window lies for each output. */
interface Axis {
  /** Of the input, without padding. */
  input: number;
  output: number;
  /** Places of a window. */
  size: number;
  /** From one window to the next. */
  stride: number;
  /** From one place of a window to the next. */
  dilation: number;
  padding: readonly [before: number, after: number];
}

/** Where windows lie in images, [n, height, width, channels]. */
export interface Windows {
  rows: Axis;
  columns: Axis;
}

const ints = (attributes: readonly OpAttribute[], name: string): number[] | undefined =>
  attributeValue(attributes, name) as number[] | undefined;

/**
 * The windows of a convolution or pooling, as TensorFlow's attributes describe them.
 * @param input height and width
 * @param size of a window, its height and width
 */
export function windowsOf(
  attributes: readonly OpAttribute[],
  [height, width]: readonly [number, number],
  [rows, columns]: readonly [number, number],
): Windows {
  const padding = attributeValue(attributes, 'padding');
  const explicit = ints(attributes, 'explicit_paddings');
  const axis = (number: 1 | 2, input: number, size: number): Axis => {
    const stride = ints(attributes, 'strides')![number]!;
    const dilation = ints(attributes, 'dilations')?.[number] ?? 1;
    const extent = (size - 1) * dilation + 1;
    const missing = Math.max((Math.ceil(input / stride) - 1) * stride + extent - input, 0);
    const same = [Math.floor(missing / 2), Math.ceil(missing / 2)] as const;
    const given = [explicit?.[2 * number] ?? 0, explicit?.[2 * number + 1] ?? 0] as const;
    const padded = padding === 'SAME' ? same : given;
    const output = Math.floor((input + padded[0] + padded[1] - extent) / stride) + 1;
    return { input, output, size, stride, dilation, padding: padded };
  };
  return { rows: axis(1, height, rows), columns: axis(2, width, columns) };
}

/** The places of a window, row by row. */
const places = ({ rows, columns }: Windows): { row: number; column: number }[] =>
  Array.from({ length: rows.size * columns.size }, (_, place) => ({
    row: Math.floor(place / columns.size) * rows.dilation,
    column: (place % columns.size) * columns.dilation,
  }));

/**
 * What stands at each place of all windows: for each place, row by row, [n, rows, columns, channels].
 * @param x [n, height, width, channels]
 * @param outside stands around the images
 */
export function readWindows(x: tf.Tensor, windows: Windows, outside: number): tf.Tensor[] {
  const { rows, columns } = windows;
  const [n, , , channels] = x.shape as [number, number, number, number];
  const around = [[0, 0], [...rows.padding], [...columns.padding], [0, 0]] as [number, number][];
  const isPadded = around.some(([before, after]) => before + after > 0);
  const padded = isPadded ? tf.pad(x, around, outside) : x;
  const last = ({ output, stride }: Axis) => (output - 1) * stride + 1;
  return places(windows).map(({ row, column }) => {
    const begin = [0, row, column, 0];
    const end = [n, row + last(rows), column + last(columns), channels];
    if (rows.stride === 1 && columns.stride === 1)
      return tf.slice(
        padded,
        begin,
        end.map((it, i) => it - begin[i]!),
      );
    return tf.stridedSlice(padded, begin, end, [1, rows.stride, columns.stride, 1]);
  });
}

/**
 * The adjoint of {@link readWindows}: adds what each place of the windows has to where it was read. It is
 * made of shifted sums, one for each remainder of positions by the stride, which are then interleaved.
 * @param parts for each place, [n, rows, columns, channels]
 * @returns [n, height, width, channels]
 */
export function addToWindows(parts: readonly tf.Tensor[], windows: Windows): tf.Tensor {
  const { rows, columns } = windows;
  const [n, , , channels] = parts[0]!.shape as [number, number, number, number];
  const steps = ({ input, padding, stride }: Axis) =>
    Math.ceil((input + padding[0] + padding[1]) / stride);
  const [height, width] = [steps(rows), steps(columns)];
  const sums = new Map<string, tf.Tensor>();
  places(windows).forEach(({ row, column }, place) => {
    const [down, right] = [Math.floor(row / rows.stride), Math.floor(column / columns.stride)];
    const shifted = tf.pad(parts[place]!, [
      [0, 0],
      [down, height - down - rows.output],
      [right, width - right - columns.output],
      [0, 0],
    ]);
    const phase = `${row % rows.stride},${column % columns.stride}`;
    const sum = sums.get(phase);
    sums.set(phase, sum === undefined ? shifted : plus(sum, shifted));
  });
  const sumOf = (row: number, column: number) =>
    tf.reshape(sums.get(`${row},${column}`) ?? tf.zeros([n, height, width, channels]), [
      ...[n, height, 1, width, 1, channels],
    ]);
  const count = (length: number) => Array.from({ length }, (_, i) => i);
  const interleaved = joined(
    count(rows.stride).map((row) =>
      joined(
        count(columns.stride).map((column) => sumOf(row, column)),
        4,
      ),
    ),
    2,
  );
  const whole = tf.reshape(interleaved, [
    ...[n, height * rows.stride, width * columns.stride, channels],
  ]);
  return tf.slice(
    whole,
    [0, rows.padding[0], columns.padding[0], 0],
    [n, rows.input, columns.input, channels],
  );
}

/**
 * a + b, as the difference that XLA makes a sum of again. Of chains of large sums TensorFlow's graph
 * optimizer makes one that writes into a variable, which XLA lacks: the program would be loaded a second time
 * without that optimizer (program.ts).
 */
export const plus = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.sub(a, tf.mul(b, -1));

const joined = (tensors: tf.Tensor[], axis: number): tf.Tensor =>
  tensors.length === 1 ? tensors[0]! : tf.concat(tensors, axis);
