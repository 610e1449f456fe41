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
import type { ExportedModel } from '../exported-model.ts';
import type { ExportFormat } from './format.ts';
import {
  dtypeCodes,
  fedPixels,
  type GraphAttribute,
  type GraphNode,
  input,
  output,
  tensorflowGraph,
} from './tensorflow-graph.ts';

export const savedmodel: ExportFormat = {
  suffix: '-savedmodel',
  about: `a TensorFlow SavedModel, a folder, with tag \`serve\` and signature \`serving_default\`, for TensorFlow 2 and TensorFlow Serving; takes \`${input}\` (uint8, [n, height, width, channels]) and gives \`${output}\` (float32, [n, classes]); the classes' names are in assets.extra/classes.json`,
  encode: (model) => ({
    'saved_model.pb': Buffer.concat(encodeGraph(model)),
    'assets.extra/classes.json': Buffer.from(`${JSON.stringify(model.classes)}\n`),
    'assets.extra/origin.json': Buffer.from(`${JSON.stringify(model.origin)}\n`),
  }),
  async read(path, shape) {
    const { describeEnvironment, openSavedModel } = await import('@atelier/tensorflow');
    const model = await openSavedModel(path);
    return {
      name: `TensorFlow ${describeEnvironment().tensorflow}`,
      async probabilities(pixels) {
        const fed = fedPixels(pixels, shape);
        const { [output]: found } = model.predict({ [input]: fed });
        const values = (await found!.data()) as Float32Array;
        found!.dispose();
        fed.dispose();
        return values;
      },
    };
  },
};

/** The bytes of saved_model.pb. */
function encodeGraph(model: ExportedModel): Uint8Array[] {
  const { height, width, channels } = model.shape;
  const taken = { shape: [-1, height, width, channels], dtype: 'uint8' } as const;
  const given = { shape: [-1, model.classes.length], dtype: 'float32' } as const;
  return encodeSavedModel({
    nodes: tensorflowGraph(model).map(nodeDef),
    functions: [],
    signature: 'serving_default',
    inputs: [{ key: input, tensor: `${input}:0`, ...taken }],
    outputs: [{ key: output, tensor: `${output}:0`, ...given }],
  });
}

function nodeDef({ name, op, inputs, attributes, value }: GraphNode): NodeDef {
  const encoded = Object.entries(attributes).map(([key, attribute]): [string, Attribute] => [
    key,
    encodedAttribute(attribute),
  ]);
  if (value !== undefined) {
    const dtype = value.values instanceof Float32Array ? 'float32' : 'int32';
    encoded.push(['value', tensorAttribute({ shape: [...value.shape], dtype }, value.values)]);
  }
  return { name, op, inputs, attributes: new Map(encoded) };
}

function encodedAttribute(attribute: GraphAttribute): Attribute {
  if ('type' in attribute) return codeAttribute(dtypeCodes[attribute.type]);
  if ('ints' in attribute) return intsAttribute(attribute.ints);
  if ('text' in attribute) return stringAttribute(attribute.text);
  return shapeAttribute(attribute.shape);
}
