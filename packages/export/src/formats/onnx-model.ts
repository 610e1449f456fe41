import type { TrainedModel } from '../exported-model.ts';
import { attributeTypes, dataTypes, modelProto } from './onnx-schema.ts';

/** Read by ONNX Runtime from 1.12 on (2022), and by whatever else knows these versions. */
export const versions = { opset: 17, ir: 8 };

/** The names of what goes in (uint8, [n, height, width, channels]) and comes out ([n, classes]). */
export const input = 'pixels';
export const output = 'probabilities';

interface Attribute {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  ints?: number[];
}

export const int = (name: string, i: number): Attribute => ({ name, type: attributeTypes.int, i });
export const float = (name: string, f: number): Attribute => ({
  ...{ name, type: attributeTypes.float, f },
});
export const text = (name: string, value: string): Attribute => ({
  ...{ name, type: attributeTypes.string, s: Buffer.from(value) },
});
export const ints = (name: string, values: readonly number[]): Attribute => ({
  ...{ name, type: attributeTypes.ints, ints: [...values] },
});

/** A tensor's values; bytes are truth values. */
export type Values = Float32Array | Int32Array | BigInt64Array | Uint8Array;

/** Adds to a graph. */
export interface Writer {
  /** A node of one result, under whose name it is known. @returns this name */
  node(op: string, inputs: readonly string[], result: string, ...attributes: Attribute[]): string;
  /** A node of several. */
  nodeOf(
    op: string,
    inputs: readonly string[],
    results: readonly string[],
    ...attributes: Attribute[]
  ): readonly string[];
  /** A tensor that is part of the model. @returns its name */
  tensor(name: string, values: Values, dims: readonly number[]): string;
}

/**
 * The bytes of a model.
 * @param build adds nodes and tensors, from `pixels` to `probabilities`
 */
export function onnxModel(
  { shape, classes, origin }: Pick<TrainedModel, 'shape' | 'classes' | 'origin'>,
  build: (writer: Writer) => void,
): Uint8Array {
  const nodes: object[] = [];
  const initializers: object[] = [];
  const nodeOf: Writer['nodeOf'] = (op_type, inputs, results, ...attribute) => {
    nodes.push({ op_type, input: inputs, output: results, attribute });
    return results;
  };
  build({
    nodeOf,
    node: (op, inputs, result, ...attributes) => nodeOf(op, inputs, [result], ...attributes)[0]!,
    tensor(name, values, dims) {
      const { buffer, byteOffset, byteLength } = values;
      const raw_data = new Uint8Array(buffer, byteOffset, byteLength);
      initializers.push({ name, dims, data_type: dataTypeOf(values), raw_data });
      return name;
    },
  });
  const described = (name: string, elem_type: number, dims: readonly (number | string)[]) => ({
    name,
    type: { tensor_type: { elem_type, shape: { dim: dims.map(dimension) } } },
  });
  const model = {
    ir_version: versions.ir,
    opset_import: [{ domain: '', version: versions.opset }],
    producer_name: 'atelier',
    metadata_props: [
      { key: 'classes', value: JSON.stringify(classes) },
      { key: 'run', value: origin.run },
      { key: 'model', value: `sha256:${origin.sha256}` },
    ],
    graph: {
      name: 'classifier',
      node: nodes,
      initializer: initializers,
      input: [described(input, dataTypes.uint8, ['n', shape.height, shape.width, shape.channels])],
      output: [described(output, dataTypes.float, ['n', classes.length])],
    },
  };
  return modelProto.encode(modelProto.fromObject(model)).finish();
}

function dataTypeOf(values: Values): number {
  if (values instanceof Float32Array) return dataTypes.float;
  if (values instanceof Int32Array) return dataTypes.int32;
  return values instanceof BigInt64Array ? dataTypes.int64 : dataTypes.bool;
}

const dimension = (side: number | string) =>
  typeof side === 'string' ? { dim_param: side } : { dim_value: side };
