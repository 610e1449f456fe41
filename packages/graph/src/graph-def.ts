import { type DType, dtypeCode } from './dtype.ts';
import { bytes, type Field, float, floats, integer, integers, map, message } from './protobuf.ts';
import type { TensorSpec } from './tree.ts';

export { dtypeCode };

/** What ops may take besides a program's own types: bytes of any number. */
export type OpType = DType | 'string';

const opTypeCode = { ...dtypeCode, string: 7 } as const;

/** One op in a graph or function (node_def.proto). */
export interface NodeDef {
  name: string;
  op: string;
  inputs: readonly string[];
  attributes: ReadonlyMap<string, Attribute>;
  /** What an op gave while it was traced, in its order; -1 is a size that is left open. */
  gave?: readonly { output: string; shape: readonly number[] }[];
}

type Values = Float32Array | Int32Array | Uint8Array;

/** An attribute's value (attr_value.proto). */
export type Attribute =
  | { text: string }
  | { int: number }
  | { float: number }
  | { bool: boolean }
  /** TensorFlow's code, see `dtypeCode`. */
  | { type: number }
  | { shape: readonly number[] }
  | { shapes: readonly (readonly number[])[] }
  | { tensor: TensorSpec; values: Values }
  | { function: string }
  | { ints: readonly number[] }
  | { floats: readonly number[] }
  | { bools: readonly boolean[] }
  | { types: readonly number[] };

/** A function: what it takes and gives, and the ops between (function.proto). */
export interface FunctionDef {
  name: string;
  arguments: readonly { name: string; dtype: OpType }[];
  results: readonly { name: string; dtype: DType; reference: string }[];
  nodes: readonly NodeDef[];
  attributes?: ReadonlyMap<string, Attribute>;
}

export const stringAttribute = (text: string): Attribute => ({ text });
export const intAttribute = (int: number): Attribute => ({ int });
export const floatAttribute = (float: number): Attribute => ({ float });
export const boolAttribute = (bool: boolean): Attribute => ({ bool });
export const codeAttribute = (type: number): Attribute => ({ type });
export const dtypeAttribute = (dtype: OpType): Attribute => codeAttribute(opTypeCode[dtype]);
export const shapeAttribute = (shape: readonly number[]): Attribute => ({ shape });
export const shapesAttribute = (shapes: readonly (readonly number[])[]): Attribute => ({ shapes });
export const functionAttribute = (name: string): Attribute => ({ function: name });

export const intsAttribute = (ints: readonly number[]): Attribute => ({ ints });
export const floatsAttribute = (floats: readonly number[]): Attribute => ({ floats });
export const boolsAttribute = (bools: readonly boolean[]): Attribute => ({ bools });
export const typesAttribute = (dtypes: readonly OpType[]): Attribute => ({
  types: dtypes.map((dtype) => opTypeCode[dtype]),
});

/** A tensor's value. @param values not copied */
export const tensorAttribute = ({ shape, dtype }: TensorSpec, values: Values): Attribute => ({
  tensor: { shape, dtype },
  values,
});

/** The one field of an AttrValue. */
export function encodeAttribute(attribute: Attribute): Field {
  if ('text' in attribute) return bytes(2, attribute.text);
  if ('int' in attribute) return integer(3, attribute.int);
  if ('float' in attribute) return float(4, attribute.float);
  if ('bool' in attribute) return integer(5, attribute.bool);
  if ('type' in attribute) return integer(6, attribute.type);
  if ('shape' in attribute) return message(7, dims(attribute.shape));
  if ('tensor' in attribute) return encodeTensor(attribute.tensor, attribute.values);
  if ('function' in attribute) return message(10, [bytes(1, attribute.function)]);
  return message(1, encodeList(attribute));
}

function encodeList(
  list: Extract<
    Attribute,
    | { ints: unknown }
    | { floats: unknown }
    | { bools: unknown }
    | { shapes: unknown }
    | { types: unknown }
  >,
): Field[] {
  if ('ints' in list) return [integers(3, list.ints)];
  if ('floats' in list) return [floats(4, list.floats)];
  if ('bools' in list) return [integers(5, list.bools)];
  if ('shapes' in list) return list.shapes.map((shape) => message(7, dims(shape)));
  return [integers(6, list.types)];
}

/** A tensor's value (tensor.proto); values that are all equal are written once. */
function encodeTensor({ shape, dtype }: TensorSpec, values: Values): Field {
  const splat = values.length > 1 && values.every((value) => Object.is(value, values[0]));
  const content = splat
    ? splatField(dtype, values[0] as number)
    : bytes(4, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return message(8, [integer(1, dtypeCode[dtype]), message(2, dims(shape)), content]);
}

function splatField(dtype: DType, value: number): Field {
  if (dtype === 'float32') return floats(5, [value]);
  return integers(dtype === 'bool' ? 11 : 7, [value]);
}

const dims = (shape: readonly number[]): Field[] =>
  shape.map((size) => message(2, [integer(1, size)]));

const attributeMap = (number: number, attributes: ReadonlyMap<string, Attribute>): Field[] =>
  map(
    number,
    [...attributes].map(([name, value]) => [name, message(2, [encodeAttribute(value)])]),
  );

const node = (number: number, { name, op, inputs, attributes }: NodeDef): Field =>
  message(number, [
    bytes(1, name),
    bytes(2, op),
    ...inputs.map((input) => bytes(3, input)),
    ...attributeMap(5, attributes),
  ]);

const argument = (number: number, { name, dtype }: { name: string; dtype: OpType }): Field =>
  message(number, [bytes(1, name), integer(3, opTypeCode[dtype])]);

const functionDef = (def: FunctionDef): Field =>
  message(1, [
    message(1, [
      bytes(1, def.name),
      ...def.arguments.map((it) => argument(2, it)),
      ...def.results.map((it) => argument(3, it)),
    ]),
    ...def.nodes.map((it) => node(3, it)),
    ...map(
      4,
      def.results.map((it) => [it.name, bytes(2, it.reference)]),
    ),
    ...attributeMap(5, def.attributes ?? new Map()),
  ]);

/** A tensor that a SavedModel's signature names (TensorInfo in meta_graph.proto). */
export interface SignatureEntry extends TensorSpec {
  /** The caller's name for it. */
  key: string;
  /** `node:output` in the graph. */
  tensor: string;
}

export interface SavedModelDef {
  nodes: readonly NodeDef[];
  functions: readonly FunctionDef[];
  signature: string;
  inputs: readonly SignatureEntry[];
  outputs: readonly SignatureEntry[];
}

const signatureMap = (number: number, entries: readonly SignatureEntry[]): Field[] =>
  map(
    number,
    entries.map(({ key, tensor, shape, dtype }) => [
      key,
      message(2, [bytes(1, tensor), integer(2, dtypeCode[dtype]), message(3, dims(shape))]),
    ]),
  );

/** The version of GraphDef's meaning that the ops are written for (TensorFlow's versions.proto). */
const producer = 1882;

/** The bytes of saved_model.pb (saved_model.proto, meta_graph.proto, graph.proto). */
export function encodeSavedModel(model: SavedModelDef): Uint8Array[] {
  const graph = message(2, [
    ...model.nodes.map((it) => node(1, it)),
    message(2, model.functions.map(functionDef)),
    message(4, [integer(1, producer), integer(2, 12)]),
  ]);
  const signature = message(2, [
    ...signatureMap(1, model.inputs),
    ...signatureMap(2, model.outputs),
    bytes(3, 'tensorflow/serving/predict'),
  ]);
  const meta = [message(1, [bytes(4, 'serve')]), graph, ...map(5, [[model.signature, signature]])];
  return [integer(1, 1), message(2, meta)];
}
