import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Attribute, dtypeCode, type NodeDef } from '@atelier/graph/graph-def';
import type { TrainedModel } from '../exported-model.ts';
import { translated, Untranslated } from '../traced-network.ts';
import type { ExportFormat, Files } from './format.ts';
import { fedPixels, input, output, tensorflowGraph } from './tensorflow-graph.ts';
import { tfjsOps } from './tfjs-ops.ts';

export const tfjs: ExportFormat = {
  suffix: '-tfjs',
  about: `a TensorFlow.js graph model, a folder, for \`tf.loadGraphModel\` of tfjs 4 in browsers and Node; takes \`${input}\` (int32, [n, height, width, channels], 0 to 255: tfjs has no uint8) and gives \`${output}\` (float32, [n, classes]); the classes' names are \`model.metadata.classes\``,
  encode: (model) => encodeGraphModel(tensorflowGraph(model), model),
  encodeTraced: (model) =>
    translated(model, 'a graph model of TensorFlow.js', (nodes) => {
      const unknown = nodes.find(({ op }) => !tfjsOps.has(op));
      if (unknown !== undefined) throw new Untranslated(unknown);
      return encodeGraphModel(nodes, model);
    }),
  async read(path, shape) {
    const { setBackend, version_core } = await import('@tensorflow/tfjs-core');
    const { loadGraphModel } = await import('@tensorflow/tfjs-converter');
    await import('@tensorflow/tfjs-backend-cpu');
    await setBackend('cpu');
    // tfjs in Node loads from an address alone: each of its requests is a file of the folder.
    const fetchFunc = async (address: string | URL | Request): Promise<Response> => {
      const name = `${address}`.slice(nowhere.length);
      const type = name.endsWith('.json') ? 'application/json' : 'application/octet-stream';
      const headers = { 'Content-Type': type };
      return new Response(new Uint8Array(await readFile(join(path, name))), { headers });
    };
    const model = await loadGraphModel(`${nowhere}model.json`, { fetchFunc });
    return {
      name: `TensorFlow.js ${version_core} (plain JavaScript)`,
      async probabilities(pixels) {
        const fed = fedPixels(pixels, shape);
        const found = model.predict({ [input]: fed }) as ReturnType<typeof fedPixels>;
        const values = (await found.data()) as Float32Array;
        found.dispose();
        fed.dispose();
        return values;
      },
    };
  },
};

const nowhere = 'http://export.invalid/';

/** Bytes of a file of weights, as tfjs's own converter divides them: browsers keep such files. */
const shardSize = 4 * 1024 * 1024;

/** The files of a graph model as tfjs's converter writes them (its `graph_model` format). */
function encodeGraphModel(
  nodes: readonly NodeDef[],
  { classes, origin, shape }: Pick<TrainedModel, 'classes' | 'origin' | 'shape'>,
): Files {
  const constants = nodes.flatMap(({ name, attributes }) => {
    const value = attributes.get('value');
    return value !== undefined && 'tensor' in value
      ? [{ name, values: value.values, ...value.tensor }]
      : [];
  });
  const bytes = Buffer.concat(
    constants.map(({ values: { buffer, byteOffset, byteLength } }) =>
      Buffer.from(buffer, byteOffset, byteLength),
    ),
  );
  const count = Math.ceil(bytes.length / shardSize);
  const shards = Array.from({ length: count }, (_, i): [string, Uint8Array] => [
    `group1-shard${i + 1}of${count}.bin`,
    bytes.subarray(i * shardSize, (i + 1) * shardSize),
  ]);
  const weights = constants.map(({ name, shape, dtype }) => ({ name, shape, dtype }));
  const described = (name: string, dtype: string, sides: readonly number[]) => ({
    [name]: { name: `${name}:0`, dtype, tensorShape: tensorShape(sides) },
  });
  const { height, width, channels } = shape;
  const json = {
    format: 'graph-model',
    generatedBy: 'Atelier',
    convertedBy: null,
    signature: {
      inputs: described(input, 'DT_UINT8', [-1, height, width, channels]),
      outputs: described(output, 'DT_FLOAT', [-1, classes.length]),
    },
    userDefinedMetadata: { classes, image: { height, width, channels }, origin },
    modelTopology: { node: nodes.map(nodeJson), library: {}, versions: { producer: 1882 } },
    weightsManifest: [{ paths: shards.map(([name]) => name), weights }],
  };
  return { 'model.json': Buffer.from(JSON.stringify(json)), ...Object.fromEntries(shards) };
}

/** A NodeDef in protobuf's JSON; what a constant holds is with the weights. */
function nodeJson({ name, op, inputs, attributes }: NodeDef): object {
  const attr = [...attributes].map(([key, of]) => [key, attributeJson(of)]);
  return { name, op, ...(inputs.length > 0 && { input: inputs }), attr: Object.fromEntries(attr) };
}

/** TensorFlow's element types as its own JSON names them, by their codes (types.proto). */
const dtypeNames: Readonly<Record<number, string>> = {
  ...{ 1: 'DT_FLOAT', 3: 'DT_INT32', 4: 'DT_UINT8', 9: 'DT_INT64', 10: 'DT_BOOL' },
};

/** Integers of 64 bits are text there, and bytes base64. */
function attributeJson(attribute: Attribute): object {
  if ('text' in attribute) return { s: Buffer.from(attribute.text).toString('base64') };
  if ('int' in attribute) return { i: `${attribute.int}` };
  if ('float' in attribute) return { f: attribute.float };
  if ('bool' in attribute) return { b: attribute.bool };
  if ('type' in attribute) return { type: dtypeNames[attribute.type] };
  if ('shape' in attribute) return { shape: tensorShape(attribute.shape) };
  if ('tensor' in attribute) {
    const { dtype, shape } = attribute.tensor;
    return { tensor: { dtype: dtypeNames[dtypeCode[dtype]], tensorShape: tensorShape(shape) } };
  }
  if ('function' in attribute) return { func: { name: attribute.function } };
  if ('ints' in attribute) return { list: { i: attribute.ints.map(String) } };
  if ('floats' in attribute) return { list: { f: attribute.floats } };
  if ('bools' in attribute) return { list: { b: attribute.bools } };
  if ('shapes' in attribute) return { list: { shape: attribute.shapes.map(tensorShape) } };
  return { list: { type: attribute.types.map((code) => dtypeNames[code]) } };
}

const tensorShape = (sides: readonly number[]): object => ({
  dim: sides.map((size) => ({ size: `${size}` })),
});
