import type { ImageShape } from '@atelier/data/image-shape';
import type { Step } from '@atelier/model';
import { tensor } from '@tensorflow/tfjs-core';
import type { ExportedModel } from '../exported-model.ts';

/** The names of what goes in (uint8, [n, height, width, channels]) and comes out ([n, classes]). */
export const input = 'pixels';
export const output = 'probabilities';

/** TensorFlow's element types as its own JSON names them, with their codes (types.proto). */
export const dtypeCodes = { DT_FLOAT: 1, DT_INT32: 3, DT_UINT8: 4 } as const;
type GraphDType = keyof typeof dtypeCodes;

/** What decides how an op works; a file encodes them in its own way. */
export type GraphAttribute =
  | { type: GraphDType }
  | { ints: readonly number[] }
  | { text: string }
  | { shape: readonly number[] };

/** An op of TensorFlow's, without a variable: the weights are its constants. */
export interface GraphNode {
  name: string;
  op: string;
  inputs: readonly string[];
  attributes: Readonly<Record<string, GraphAttribute>>;
  /** Of a constant; `attributes` has its dtype. */
  value?: { values: Float32Array | Int32Array; shape: readonly number[] };
}

interface Writer {
  /** Adds an op of float32 and gives its name. */
  node(
    op: string,
    inputs: readonly string[],
    name: string,
    attributes?: GraphNode['attributes'],
  ): string;
  constant(name: string, values: Float32Array | Int32Array, shape: readonly number[]): string;
}

const [float, int32, uint8] = [
  { type: 'DT_FLOAT' },
  { type: 'DT_INT32' },
  { type: 'DT_UINT8' },
] as const satisfies GraphAttribute[];

/** A model as a graph of TensorFlow's ops, from `pixels` to `probabilities`. */
export function tensorflowGraph({ steps, shape, pixels }: ExportedModel): GraphNode[] {
  const nodes: GraphNode[] = [];
  const add = (node: GraphNode): string => {
    nodes.push(node);
    return node.name;
  };
  const writer: Writer = {
    node: (op, inputs, name, attributes = {}) =>
      add({ name, op, inputs, attributes: { T: float, ...attributes } }),
    constant: (name, values, shape) =>
      add({
        ...{ name, op: 'Const', inputs: [], value: { values, shape } },
        attributes: { dtype: values instanceof Float32Array ? float : int32 },
      }),
  };
  const { node, constant } = writer;
  const sides = [shape.height, shape.width, shape.channels];
  add({
    ...{ name: input, op: 'Placeholder', inputs: [] },
    attributes: { dtype: uint8, shape: { shape: [-1, ...sides] } },
  });
  add({
    ...{ name: 'numbers', op: 'Cast', inputs: [input] },
    attributes: { SrcT: uint8, DstT: float },
  });
  const ofChannels = (name: string, values: Float32Array) =>
    constant(name, values, [values.length]);
  const factors = ofChannels('pixel.factors', pixels.factors);
  const shifts = ofChannels('pixel.shifts', pixels.shifts);
  const scaled = node('Mul', ['numbers', factors], 'scaled');
  const normalised = node('AddV2', [scaled, shifts], 'normalised');
  const size = sides.reduce((a, b) => a * b, 1);
  const values = [reshaped(normalised, [size], 'value_0', writer)];
  for (const step of steps) translate(step, values, writer);
  node('Softmax', [values.at(-1)!], output);
  return nodes;
}

/** What tfjs is fed with as `pixels`: it has no uint8. @param pixels [n, height, width, channels] */
export const fedPixels = (pixels: Uint8Array, { height, width, channels }: ImageShape) =>
  tensor(pixels, [pixels.length / (height * width * channels), height, width, channels], 'int32');

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
      const ones = { ints: [1, 1, 1, 1] };
      // tfjs asks for dilations, which are one where TensorFlow is not told.
      const attributes = { strides: ones, dilations: ones, padding: { text: 'SAME' } };
      const product = node('Conv2D', [...of, filters], `${result}.product`, attributes);
      return biased(product, layer, bias);
    },
    images: ({ shape }) => reshaped(of[0]!, shape, result, writer),
    maxPool() {
      const halves = { ints: [1, 2, 2, 1] };
      const padding = { text: 'VALID' };
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
