import { imageSize } from '@atelier/data/image-shape';
import { UserError } from '@atelier/errors';
import { castBytes, encodeModel, GraphError } from '@atelier/graph';
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
import { inferenceLogits, normalise, weightsOf } from '@atelier/model';
import { dispose, reshape, softmax, type Tensor } from '@tensorflow/tfjs-core';
import type { ExportedModel, TrainedModel } from '../exported-model.ts';
import type { ExportFormat, Files } from './format.ts';
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
    ...described(model),
  }),
  encodeTraced: async (model) => ({ ...(await trace(model)), ...described(model) }),
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

const described = ({ classes, origin }: Pick<TrainedModel, 'classes' | 'origin'>): Files => ({
  'assets.extra/classes.json': Buffer.from(`${JSON.stringify(classes)}\n`),
  'assets.extra/origin.json': Buffer.from(`${JSON.stringify(origin)}\n`),
});

/** What the network's own forward pass computes, recorded. */
async function trace({ model, shape, normalisation }: TrainedModel): Promise<Files> {
  const { loadTensorFlow } = await import('@atelier/tensorflow');
  loadTensorFlow();
  const weights = weightsOf(model);
  const probabilities = (pixels: Tensor): Tensor => {
    const rows = reshape(castBytes(pixels, 'float32'), [-1, imageSize(shape)]);
    return softmax(inferenceLogits(normalise(rows, normalisation), weights, model.network));
  };
  const { height, width, channels } = shape;
  const inputs = { [input]: { shape: [1, height, width, channels], dtype: 'uint8' } } as const;
  try {
    return encodeModel(
      ({ [input]: pixels }: { [input]: Tensor }) => ({ [output]: probabilities(pixels) }),
      { inputs, dynamicBatch: true },
    );
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    throw new UserError(
      {
        what: 'This network cannot be written for any number of images.',
        where: 'forward of its module',
        found: error.message,
        remedy: 'change its forward pass, and train it again; `npx atelier serve` answers by it',
      },
      { cause: error },
    );
  } finally {
    dispose(weights);
  }
}

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
