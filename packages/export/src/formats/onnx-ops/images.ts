import { float, int, ints, text } from '../onnx-model.ts';
import type { Op, Translate } from './op.ts';

/** ONNX has channels before rows and columns. */
const channelsFirst = (op: Op, name: string): string => op.transposed(name, [0, 3, 1, 2]);
const channelsLast = (op: Op, name: string): string => op.transposed(name, [0, 2, 3, 1]);

type Pair = readonly [rows: number, columns: number];

/** Of [1, rows, columns, 1]. */
const pair = (list: readonly number[]): Pair => [list[1] ?? 1, list[2] ?? 1];

/**
 * Strides, dilations and what surrounds the image, of windows of this size.
 * @param sides of the images that the windows lie in
 */
function windows(op: Op, size: Pair, sides = op.shape(0).slice(1)) {
  if (op.text('data_format', 'NHWC') !== 'NHWC') return op.refuse('with channels first');
  const strides = pair(op.list('strides'));
  const dilations = pair(op.list('dilations'));
  const around = (axis: 0 | 1): Pair => {
    const padding = op.text('padding', 'VALID');
    if (padding === 'EXPLICIT') {
      const at = 2 + 2 * axis;
      const [begin, end] = op.list('explicit_paddings').slice(at, at + 2);
      return [begin!, end!];
    }
    if (padding === 'VALID') return [0, 0];
    // SAME: as many windows as strides fit, and an odd place of zeros at the end.
    const [input, stride] = [sides[axis]!, strides[axis]!];
    const extent = (size[axis]! - 1) * dilations[axis]! + 1;
    const all = Math.max((Math.ceil(input / stride) - 1) * stride + extent - input, 0);
    return [Math.floor(all / 2), Math.ceil(all / 2)];
  };
  const [rows, columns] = [around(0), around(1)];
  return {
    dilations: ints('dilations', dilations),
    strides: ints('strides', strides),
    pads: ints('pads', [rows[0], columns[0], rows[1], columns[1]]),
  };
}

const pool =
  (type: string): Translate =>
  (op) => {
    const size = pair(op.list('ksize'));
    const { strides, pads } = windows(op, size);
    const images = channelsFirst(op, op.input(0));
    return channelsLast(op, op.emit(type, [images], ints('kernel_shape', size), strides, pads));
  };

/** Ops on images, [n, rows, columns, channels]. */
export const imageOps: Readonly<Record<string, Translate>> = {
  Conv2D(op) {
    const [rows, columns] = op.shape(1) as [number, number, number, number];
    const { strides, dilations, pads } = windows(op, [rows, columns]);
    const images = channelsFirst(op, op.input(0));
    const filters = op.transposed(op.input(1), [3, 2, 0, 1]);
    return channelsLast(op, op.emit('Conv', [images, filters], strides, dilations, pads));
  },
  DepthwiseConv2dNative(op) {
    const [rows, columns, channels, multiplier] = op.shape(1) as [number, number, number, number];
    const { strides, dilations, pads } = windows(op, [rows, columns]);
    const images = channelsFirst(op, op.input(0));
    const turned = op.transposed(op.input(1), [2, 3, 0, 1]);
    const shape = op.int64([channels * multiplier, 1, rows, columns]);
    const filters = op.emit('Reshape', [turned, shape]);
    const group = int('group', channels);
    return channelsLast(op, op.emit('Conv', [images, filters], group, strides, dilations, pads));
  },
  /** The gradient of a convolution, which is a transposed one: its windows lie in what it gives. */
  Conv2DBackpropInput(op) {
    const [rows, columns] = op.shape(1) as [number, number, number, number];
    const [, ...sides] = op.gives;
    const { strides, dilations, pads } = windows(op, [rows, columns], sides);
    const images = channelsFirst(op, op.input(2));
    const filters = op.transposed(op.input(1), [3, 2, 0, 1]);
    const missing = [0, 1].map((axis) => {
      const extent = ([rows, columns][axis]! - 1) * dilations.ints![axis]! + 1;
      const around = pads.ints![axis]! + pads.ints![axis + 2]!;
      const given = (op.shape(2)[axis + 1]! - 1) * strides.ints![axis]! + extent - around;
      return sides[axis]! - given;
    });
    const attributes = [strides, dilations, pads, ints('output_padding', missing)];
    return channelsLast(op, op.emit('ConvTranspose', [images, filters], ...attributes));
  },
  MaxPool: pool('MaxPool'),
  AvgPool: pool('AveragePool'),
  FusedBatchNorm(op) {
    const [x, scale, shift, mean, variance] = op.inputs as [string, string, string, string, string];
    if (op.flag('is_training')) return op.refuse('in training');
    const above = op.emit('Add', [variance, op.float(op.number('epsilon', 0.0001))]);
    const factor = op.emit('Div', [scale, op.emit('Sqrt', [above])]);
    const scaled = op.emit('Mul', [op.emit('Sub', [x, mean]), factor]);
    return op.emit('Add', [scaled, shift]);
  },
  DepthToSpace(op) {
    const images = channelsFirst(op, op.input(0));
    const size = int('blocksize', op.number('block_size', 1));
    return channelsLast(op, op.emit('DepthToSpace', [images], size, text('mode', 'DCR')));
  },
  LRN(op) {
    // TensorFlow names how far a window reaches to each side, and does not divide by its size.
    const size = 2 * op.number('depth_radius', 5) + 1;
    const attributes = [
      float('alpha', op.number('alpha', 1) * size),
      float('beta', op.number('beta', 0.5)),
      float('bias', op.number('bias', 1)),
    ];
    const images = channelsFirst(op, op.input(0));
    return channelsLast(op, op.emit('LRN', [images], int('size', size), ...attributes));
  },
  ResizeBilinear: (op) => resized(op, 'linear', 'asymmetric', 'floor'),
  ResizeNearestNeighbor(op) {
    const isFloor = !op.flag('align_corners') && !op.flag('half_pixel_centers');
    return resized(op, 'nearest', 'asymmetric', isFloor ? 'floor' : 'round_prefer_ceil');
  },
};

/** Images of the size that an op's second argument names. */
function resized(op: Op, mode: string, usual: string, nearest: string): string {
  const images = channelsFirst(op, op.input(0));
  const kept = op.emit('Slice', [op.emit('Shape', [images]), op.int64([0]), op.int64([2])]);
  const sizes = op.emit('Concat', [kept, op.sizes(1)], int('axis', 0));
  const corners = op.flag('align_corners') ? 'align_corners' : usual;
  const places = op.flag('half_pixel_centers') ? 'half_pixel' : corners;
  return channelsLast(
    op,
    // The sizes say what the scales would, which are left out.
    op.emit(
      'Resize',
      [images, '', '', sizes],
      ...[text('mode', mode), text('coordinate_transformation_mode', places)],
      text('nearest_mode', nearest),
    ),
  );
}
