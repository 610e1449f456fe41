import type { ImageShape } from '@atelier/data/image-shape';
import {
  type Attribute,
  dtypeAttribute,
  intsAttribute,
  type NodeDef,
  shapeAttribute,
  stringAttribute,
  tensorAttribute,
} from '@atelier/graph/graph-def';
import type { Step } from '@atelier/model';
import { tensor } from '@tensorflow/tfjs-core';
import type { ExportedModel } from '../exported-model.ts';

/** The names of what goes in (uint8, [n, height, width, channels]) and comes out ([n, classes]). */
export const input = 'pixels';
export const output = 'probabilities';

interface Writer {
  /** Adds an op of float32 and gives its name. */
  node(
    op: string,
    inputs: readonly string[],
    name: string,
    attributes?: Readonly<Record<string, Attribute>>,
  ): string;
  constant(name: string, values: Float32Array | Int32Array, shape: readonly number[]): string;
}

const float = dtypeAttribute('float32');
const int32 = dtypeAttribute('int32');
const uint8 = dtypeAttribute('uint8');

/** A model as a graph of TensorFlow's ops, from `pixels` to `probabilities`. */
export function tensorflowGraph({ steps, shape, pixels }: ExportedModel): NodeDef[] {
  const nodes: NodeDef[] = [];
  const add = (
    name: string,
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
  ): string => {
    nodes.push({ name, op, inputs, attributes: new Map(Object.entries(attributes)) });
    return name;
  };
  const writer: Writer = {
    node: (op, inputs, name, attributes = {}) => add(name, op, inputs, { T: float, ...attributes }),
    constant: (name, values, shape) => {
      const dtype = values instanceof Float32Array ? 'float32' : 'int32';
      const value = tensorAttribute({ shape: [...shape], dtype }, values);
      return add(name, 'Const', [], { dtype: dtypeAttribute(dtype), value });
    },
  };
  const { node, constant } = writer;
  const sides = [shape.height, shape.width, shape.channels];
  add(input, 'Placeholder', [], { dtype: uint8, shape: shapeAttribute([-1, ...sides]) });
  add('numbers', 'Cast', [input], { SrcT: uint8, DstT: float });
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
      const ones = intsAttribute([1, 1, 1, 1]);
      // tfjs asks for dilations, which are one where TensorFlow is not told.
      const attributes = { strides: ones, dilations: ones, padding: stringAttribute('SAME') };
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
