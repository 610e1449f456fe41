import {
  type Attribute,
  codeAttribute,
  encodeSavedModel,
  intsAttribute,
  type NodeDef,
  shapeAttribute,
  stringAttribute,
  tensorAttribute,
} from '@atelier/graph/graph-def';
import type { Step } from '@atelier/model';
import { tensor as tfjsTensor } from '@tensorflow/tfjs-core';
import type { ExportedModel } from '../exported-model.ts';
import type { ExportFormat } from './format.ts';

const input = 'pixels';
const output = 'probabilities';

/** TensorFlow's type codes (types.proto). */
const [float, uint8, int32] = [codeAttribute(1), codeAttribute(4), codeAttribute(3)];

export const savedmodel: ExportFormat = {
  suffix: '-savedmodel',
  about: `a TensorFlow SavedModel, a folder, with tag \`serve\` and signature \`serving_default\`, for TensorFlow 2 and TensorFlow Serving; takes \`${input}\` (uint8, [n, height, width, channels]) and gives \`${output}\` (float32, [n, classes]); the classes' names are in assets.extra/classes.json`,
  encode: (model) => ({
    'saved_model.pb': Buffer.concat(encodeGraph(model)),
    'assets.extra/classes.json': Buffer.from(`${JSON.stringify(model.classes)}\n`),
    'assets.extra/origin.json': Buffer.from(`${JSON.stringify(model.origin)}\n`),
  }),
  async read(path, { height, width, channels }) {
    const { describeEnvironment, openSavedModel } = await import('@atelier/tensorflow');
    const model = await openSavedModel(path);
    return {
      name: `TensorFlow ${describeEnvironment().tensorflow}`,
      async probabilities(pixels) {
        const n = pixels.length / (height * width * channels);
        const fed = tfjsTensor(pixels, [n, height, width, channels], 'int32');
        const { [output]: found } = model.predict({ [input]: fed });
        const values = (await found!.data()) as Float32Array;
        found!.dispose();
        fed.dispose();
        return values;
      },
    };
  },
};

interface Writer {
  /** Adds an op of float32 and gives its name. */
  node(
    op: string,
    inputs: readonly string[],
    name: string,
    attributes?: Record<string, Attribute>,
  ): string;
  constant(name: string, values: Float32Array | Int32Array, shape: readonly number[]): string;
}

/** The bytes of saved_model.pb: a graph without variables, the weights being constants of it. */
function encodeGraph({ steps, shape, pixels, classes }: ExportedModel): Uint8Array[] {
  const nodes: NodeDef[] = [];
  const add = (op: string, name: string, inputs: readonly string[], attributes: object): string => {
    nodes.push({ name, op, inputs, attributes: new Map(Object.entries(attributes)) });
    return name;
  };
  const writer: Writer = {
    node: (op, inputs, name, attributes = {}) => add(op, name, inputs, { T: float, ...attributes }),
    constant(name, values, shape) {
      const dtype = values instanceof Float32Array ? 'float32' : 'int32';
      const value = tensorAttribute({ shape: [...shape], dtype }, values);
      return add('Const', name, [], { dtype: dtype === 'float32' ? float : int32, value });
    },
  };
  const { node, constant } = writer;
  const sides = [shape.height, shape.width, shape.channels];
  add('Placeholder', input, [], { dtype: uint8, shape: shapeAttribute([-1, ...sides]) });
  const numbers = add('Cast', 'numbers', [input], { SrcT: uint8, DstT: float });
  const ofChannels = (name: string, values: Float32Array) =>
    constant(name, values, [values.length]);
  const factors = ofChannels('pixel.factors', pixels.factors);
  const shifts = ofChannels('pixel.shifts', pixels.shifts);
  const scaled = node('Mul', [numbers, factors], 'scaled');
  const normalised = node('AddV2', [scaled, shifts], 'normalised');
  const size = sides.reduce((a, b) => a * b, 1);
  const values = [reshaped(normalised, [size], 'value_0', writer)];
  for (const step of steps) translate(step, values, writer);
  node('Softmax', [values.at(-1)!], output);
  return encodeSavedModel({
    nodes,
    functions: [],
    signature: 'serving_default',
    inputs: [{ key: input, tensor: `${input}:0`, shape: [-1, ...sides], dtype: 'uint8' }],
    outputs: [
      { key: output, tensor: `${output}:0`, shape: [-1, classes.length], dtype: 'float32' },
    ],
  });
}

const reshaped = (
  of: string,
  shape: readonly number[],
  name: string,
  { node, constant }: Writer,
): string => {
  const sides = constant(`${name}.shape`, Int32Array.of(-1, ...shape), [shape.length + 1]);
  return node('Reshape', [of, sides], name, { Tshape: int32 });
};

/** Adds what a step gives to the values' names. */
function translate(step: Step, values: string[], writer: Writer): void {
  const { node, constant } = writer;
  const of = step.of.map((at) => values[at]!);
  const result = `value_${values.length}`;
  const number = (name: string, value: number): string =>
    constant(`${result}.${name}`, Float32Array.of(value), []);
  const biased = (product: string, layer: string, bias: Float32Array): string =>
    node('AddV2', [product, constant(`${layer}.bias`, bias, [bias.length])], result);
  const operations: { [K in Step['kind']]: (step: Extract<Step, { kind: K }>) => string } = {
    linear({ layer, weight, bias }) {
      const shape = [weight.length / bias.length, bias.length];
      const matrix = constant(`${layer}.weight`, weight, shape);
      return biased(node('MatMul', [...of, matrix], `${result}.product`), layer, bias);
    },
    convolution({ layer, weight, bias }) {
      const shape = [3, 3, weight.length / bias.length / 9, bias.length];
      const filters = constant(`${layer}.weight`, weight, shape);
      const attributes = { strides: intsAttribute([1, 1, 1, 1]), padding: stringAttribute('SAME') };
      const product = node('Conv2D', [...of, filters], `${result}.product`, attributes);
      return biased(product, layer, bias);
    },
    images: ({ shape }) => reshaped(of[0]!, shape, result, writer),
    maxPool() {
      const halves = intsAttribute([1, 2, 2, 1]);
      const padding = stringAttribute('VALID');
      return node('MaxPool', of, result, { ksize: halves, strides: halves, padding });
    },
    globalAverage() {
      const places = constant(`${result}.places`, Int32Array.of(1, 2), [2]);
      return node('Mean', [...of, places], result, { Tidx: int32 });
    },
    gelu() {
      const half = number('half', 0.5);
      const scaled = node('Mul', [...of, number('scale', Math.SQRT1_2)], `${result}.scaled`);
      const halved = node(
        'Mul',
        [node('Erf', [scaled], `${result}.erf`), half],
        `${result}.halved`,
      );
      return node('Mul', [...of, node('AddV2', [halved, half], `${result}.phi`)], result);
    },
    relu: () => node('Relu', of, result),
    add: () => node('AddV2', of, result),
  };
  values.push((operations[step.kind] as (step: Step) => string)(step));
}
