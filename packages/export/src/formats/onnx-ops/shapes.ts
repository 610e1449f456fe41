import { int, text } from '../onnx-model.ts';
import { fromFirst, type Op, type Translate } from './op.ts';

/** Where a slice has no end, to either side. */
const [beyond, before] = [2n ** 63n - 1n, -(2n ** 63n) + 1n];

const axesOf = (numbers: readonly unknown[]): number[] => numbers.map((_, axis) => axis);

const unsqueezed = (op: Op, name: string, axes: readonly number[]): string =>
  op.emit('Unsqueeze', [name, op.int64(axes)]);

const squeezed = (op: Op, name: string, axes: readonly number[]): string =>
  op.emit('Squeeze', [name, op.int64(axes)]);

/** A part of what an op is given, by starts, ends and steps of its first axes. */
const part = (
  op: Op,
  starts: readonly (number | bigint)[],
  ends: readonly (number | bigint)[],
  steps: readonly number[],
  axes = axesOf(starts),
): string =>
  op.emit('Slice', [
    ...[op.input(0), op.int64(starts), op.int64(ends), op.int64(axes), op.int64(steps)],
  ]);

function padded(op: Op, mode: string, value?: string): string {
  // [axes, 2], which ONNX has the other way round.
  const paddings = op.numbers(1);
  const of = (side: 0 | 1) => paddings.filter((_, i) => i % 2 === side);
  const amounts = op.int64([...of(0), ...of(1)]);
  const inputs = [op.input(0), amounts, ...(value === undefined ? [] : [value])];
  return op.emit('Pad', inputs, text('mode', mode));
}

const isSet = (bits: number, i: number): boolean => ((bits >> i) & 1) === 1;

function stridedSlice(op: Op): string {
  const [begins, ends, steps] = [op.numbers(1), op.numbers(2), op.numbers(3)];
  const mask = (name: string): number => op.number(`${name}_mask`, 0);
  if (mask('ellipsis') !== 0 || mask('new_axis') !== 0)
    return op.refuse('which leaves axes out or adds some');
  const shrunk = axesOf(begins).filter((i) => isSet(mask('shrink_axis'), i));
  const starts = begins.map((begin, i) =>
    isSet(mask('begin'), i) ? (steps[i]! > 0 ? 0 : beyond) : begin,
  );
  const stops = ends.map((end, i) => {
    if (shrunk.includes(i)) return begins[i] === -1 ? beyond : begins[i]! + 1;
    return isSet(mask('end'), i) ? (steps[i]! > 0 ? beyond : before) : end;
  });
  const taken = part(op, starts, stops, steps);
  return shrunk.length === 0 ? taken : squeezed(op, taken, shrunk);
}

/** Ops that move numbers without changing them. */
export const shapeOps: Readonly<Record<string, Translate>> = {
  Reshape: (op) => op.emit('Reshape', [op.input(0), op.sizes(1)]),
  Transpose: (op) => op.transposed(op.input(0), op.numbers(1)),
  ExpandDims: (op) => unsqueezed(op, op.input(0), op.numbers(1)),
  Squeeze: (op) => squeezed(op, op.input(0), op.list('squeeze_dims')),
  ConcatV2(op) {
    const parts = op.inputNames(0, -1);
    return op.emit('Concat', parts, int('axis', op.numbers(-1)[0]!));
  },
  Pack(op) {
    const axis = op.number('axis', 0);
    const parts = op.inputs.map((name) => unsqueezed(op, name, [axis]));
    return op.emit('Concat', parts, int('axis', axis));
  },
  Unpack(op) {
    const axis = op.number('axis', 0);
    return Array.from({ length: op.number('num', 1) }, (_, i) =>
      op.emit('Gather', [op.input(0), op.int32([i], [])], int('axis', axis)),
    );
  },
  Split(op) {
    const count = op.number('num_split', 1);
    return op.emitSeveral('Split', [op.input(1)], count, int('axis', op.numbers(0)[0]!));
  },
  SplitV(op) {
    const sizes = op.numbers(1);
    const [axis] = op.numbers(2);
    const inputs = [op.input(0), op.int64(sizes)];
    return op.emitSeveral('Split', inputs, sizes.length, int('axis', axis!));
  },
  Slice(op) {
    if (!op.isConstant(2)) {
      const [starts, sizes] = [op.sizes(1), op.sizes(2)];
      return op.emit('Slice', [op.input(0), starts, op.emit('Add', [starts, sizes])]);
    }
    const [begins, sizes] = [op.numbers(1), op.numbers(2)];
    const ends = begins.map((begin, i) => (sizes[i] === -1 ? beyond : begin + sizes[i]!));
    const steps = begins.map(() => 1);
    return part(op, begins, ends, steps);
  },
  StridedSlice: stridedSlice,
  ReverseV2(op) {
    const axes = op.numbers(1);
    const all = <T>(value: T): T[] => axes.map(() => value);
    return axes.length === 0 ? op.input(0) : part(op, all(-1), all(before), all(-1), axes);
  },
  Pad: (op) => padded(op, 'constant'),
  PadV2: (op) => padded(op, 'constant', op.input(2)),
  MirrorPad(op) {
    if (op.text('mode', '') !== 'REFLECT') return op.refuse('which repeats the border');
    return padded(op, 'reflect');
  },
  Tile: (op) => op.emit('Tile', [op.input(0), op.sizes(1)]),
  BroadcastTo: (op) => op.emit('Expand', [op.input(0), op.sizes(1)]),
  Fill: (op) => op.emit('Expand', [op.input(1), op.sizes(0)]),
  Shape: (op) => op.cast(op.emit('Shape', [op.input(0)]), 'int32'),
  Range(op) {
    const [start, end, step] = [0, 1, 2].map((i) => op.numbers(i)[0]!) as [number, number, number];
    const count = Math.max(0, Math.ceil((end - start) / step));
    const values = op.int32(Array.from({ length: count }, (_, i) => start + i * step));
    return op.emit('Cast', [values], int('to', op.dataType('Tidx')));
  },
  Gather: (op) => op.emit('Gather', op.inputNames(0, 2)),
  GatherV2(op) {
    if (op.number('batch_dims', 0) !== 0) return op.refuse('for each image by itself');
    const axis = int('axis', fromFirst(op.numbers(2)[0]!, op.shape(0).length));
    return op.emit('Gather', [op.input(0), op.input(1)], axis);
  },
  GatherNd: (op) => op.emit('GatherND', [op.input(0), op.cast(op.input(1), 'int64')]),
  OneHot(op) {
    const [depth] = op.numbers(1);
    const axis = op.number('axis', -1);
    if (axis !== -1) return op.refuse('on another axis than the last');
    const each = unsqueezed(op, op.input(0), [-1]);
    const numbered = op.int32(axesOf(Array.from({ length: depth! })));
    return op.emit('Where', [op.emit('Equal', [each, numbered]), op.input(2), op.input(3)]);
  },
};
