import { float, int } from '../onnx-model.ts';
import { dataTypes } from '../onnx-schema.ts';
import type { Op, Translate } from './op.ts';

/** Ops that ONNX has as they are, some under another name. */
const alike = {
  ...{ Abs: 'Abs', Acos: 'Acos', Acosh: 'Acosh', Asin: 'Asin', Asinh: 'Asinh', Atan: 'Atan' },
  ...{ Atanh: 'Atanh', Ceil: 'Ceil', Cos: 'Cos', Cosh: 'Cosh', Elu: 'Elu', Erf: 'Erf', Exp: 'Exp' },
  ...{ Floor: 'Floor', IsInf: 'IsInf', IsNan: 'IsNaN', Log: 'Log', LogicalNot: 'Not', Neg: 'Neg' },
  ...{ Reciprocal: 'Reciprocal', Relu: 'Relu', Round: 'Round', Selu: 'Selu', Sigmoid: 'Sigmoid' },
  ...{ Sign: 'Sign', Sin: 'Sin', Sinh: 'Sinh', Softplus: 'Softplus', Sqrt: 'Sqrt', Tan: 'Tan' },
  ...{
    Tanh: 'Tanh',
    Add: 'Add',
    AddV2: 'Add',
    AddN: 'Sum',
    BiasAdd: 'Add',
    Div: 'Div',
    Mul: 'Mul',
  },
  ...{ RealDiv: 'Div', Sub: 'Sub', Pow: 'Pow', Maximum: 'Max', Minimum: 'Min', Equal: 'Equal' },
  ...{ Greater: 'Greater', GreaterEqual: 'GreaterOrEqual', Less: 'Less', LessEqual: 'LessOrEqual' },
  ...{ LogicalAnd: 'And', LogicalOr: 'Or', SelectV2: 'Where' },
} as const;

/** x / y, rounded down. */
const floorDiv = (op: Op, x: string, y: string): string =>
  op.emit('Floor', [op.emit('Div', [x, y])]);

const same = (op: Op): string => op.input(0);

/** Ops that compute each number by itself, or each with another's at its place, as NumPy broadcasts. */
export const elementwise: Readonly<Record<string, Translate>> = {
  ...Object.fromEntries(
    Object.entries(alike).map(([name, type]): [string, Translate] => [
      name,
      (op) => op.emit(type, op.inputs),
    ]),
  ),
  Identity: same,
  StopGradient: same,
  Cast: (op) => op.emit('Cast', [op.input(0)], int('to', op.dataType('DstT'))),
  Rsqrt: (op) => op.emit('Reciprocal', [op.emit('Sqrt', op.inputs)]),
  Square: (op) => op.emit('Mul', [op.input(0), op.input(0)]),
  Log1p: (op) => op.emit('Log', [op.emit('Add', [op.input(0), op.float(1)])]),
  Expm1: (op) => op.emit('Sub', [op.emit('Exp', op.inputs), op.float(1)]),
  Relu6: (op) => op.emit('Clip', [op.input(0), op.float(0), op.float(6)]),
  LeakyRelu: (op) => op.emit('LeakyRelu', op.inputs, float('alpha', op.number('alpha', 0.2))),
  IsFinite(op) {
    // The difference of what is no number, or not finite, to itself is no number.
    const difference = op.emit('Sub', [op.input(0), op.input(0)]);
    return op.emit('Not', [op.emit('IsNaN', [difference])]);
  },
  NotEqual: (op) => op.emit('Not', [op.emit('Equal', op.inputs)]),
  SquaredDifference(op) {
    const difference = op.emit('Sub', op.inputs);
    return op.emit('Mul', [difference, difference]);
  },
  ClipByValue: (op) => op.emit('Min', [op.emit('Max', [op.input(0), op.input(1)]), op.input(2)]),
  DivNoNan(op) {
    const [x, y] = op.inputs as [string, string];
    const none = op.emit('Equal', [y, op.float(0)]);
    return op.emit('Where', [none, op.float(0), op.emit('Div', [x, y])]);
  },
  FloorDiv(op) {
    const [x, y] = op.inputs as [string, string];
    if (op.isFloat()) return floorDiv(op, x, y);
    return op.refuse('of integers');
  },
  FloorMod(op) {
    const [x, y] = op.inputs as [string, string];
    if (!op.isFloat()) return op.emit('Mod', [x, y]);
    return op.emit('Sub', [x, op.emit('Mul', [floorDiv(op, x, y), y])]);
  },
  Select(op) {
    const [condition, x] = [op.shape(0), op.shape(1)];
    // A condition of fewer dimensions chooses whole rows there.
    if (condition.length !== x.length) return op.refuse('which chooses whole rows');
    return op.emit('Where', op.inputs);
  },
  ZerosLike: (op) => filled(op, 0),
  OnesLike: (op) => filled(op, 1),
};

/** One number in the shape of what an op is given. */
function filled(op: Op, value: number): string {
  const type = op.dataType('T');
  const one = op.float(value);
  const typed = type === dataTypes.float ? one : op.emit('Cast', [one], int('to', type));
  return op.emit('Expand', [typed, op.emit('Shape', [op.input(0)])]);
}
