import { int, ints } from '../onnx-model.ts';
import { dataTypes } from '../onnx-schema.ts';
import { fromFirst, type Op, type Translate } from './op.ts';

/** What an op gives of the numbers along its axes. */
const reduced =
  (type: string): Translate =>
  (op) => {
    const axes = op.numbers(1);
    // Of no axis ONNX understands all.
    return axes.length === 0 ? op.input(0) : along(op, type, op.input(0), axes);
  };

function along(op: Op, type: string, x: string, axes: number[]): string {
  const keeps = int('keepdims', op.flag('keep_dims') ? 1 : 0);
  // The sum's axes are an argument, those of the others are attributes (until opset 18).
  return type === 'ReduceSum'
    ? op.emit(type, [x, op.int64(axes)], keeps)
    : op.emit(type, [x], ints('axes', axes), keeps);
}

/** Truth values are 0 and 1. */
const reducedTruth =
  (type: string): Translate =>
  (op) => {
    const axes = op.numbers(1);
    if (axes.length === 0) return op.input(0);
    return op.cast(along(op, type, op.cast(op.input(0), 'int32'), axes), 'bool');
  };

const place =
  (type: string): Translate =>
  (op) => {
    const [axis] = op.numbers(1);
    const found = op.emit(type, [op.input(0)], int('axis', axis!), int('keepdims', 0));
    const wanted = op.dataType('output_type');
    return wanted === dataTypes.int64 ? found : op.emit('Cast', [found], int('to', wanted));
  };

const lastAxis =
  (type: string): Translate =>
  (op) =>
    op.emit(type, [op.input(0)], int('axis', -1));

/** Ops along axes. */
export const reductions: Readonly<Record<string, Translate>> = {
  Mean: reduced('ReduceMean'),
  Sum: reduced('ReduceSum'),
  Max: reduced('ReduceMax'),
  Min: reduced('ReduceMin'),
  Prod: reduced('ReduceProd'),
  EuclideanNorm: reduced('ReduceL2'),
  All: reducedTruth('ReduceMin'),
  Any: reducedTruth('ReduceMax'),
  ArgMax: place('ArgMax'),
  ArgMin: place('ArgMin'),
  TopKV2(op) {
    const inputs = [op.input(0), op.int64(op.numbers(1))];
    const [values, places] = op.emitSeveral('TopK', inputs, 2, int('axis', -1));
    return [values!, op.cast(places!, 'int32')];
  },
  Softmax: lastAxis('Softmax'),
  LogSoftmax: lastAxis('LogSoftmax'),
  Cumsum(op) {
    const axis = fromFirst(op.numbers(1)[0]!, op.shape(0).length);
    const flag = (name: string) => int(name, op.flag(name) ? 1 : 0);
    const inputs = [op.input(0), op.int32([axis], [])];
    return op.emit('CumSum', inputs, flag('exclusive'), flag('reverse'));
  },
};
