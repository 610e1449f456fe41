import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExportedModel } from '../exported-model.ts';
import type { ExportFormat } from './format.ts';
import {
  fedPixels,
  type GraphAttribute,
  type GraphNode,
  input,
  output,
  tensorflowGraph,
} from './tensorflow-graph.ts';

export const tfjs: ExportFormat = {
  suffix: '-tfjs',
  about: `a TensorFlow.js graph model, a folder, for \`tf.loadGraphModel\` of tfjs 4 in browsers and Node; takes \`${input}\` (int32, [n, height, width, channels], 0 to 255: tfjs has no uint8) and gives \`${output}\` (float32, [n, classes]); the classes' names are \`model.metadata.classes\``,
  encode: encodeGraphModel,
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
function encodeGraphModel(model: ExportedModel): Record<string, Uint8Array> {
  const { classes, origin, shape } = model;
  const nodes = tensorflowGraph(model);
  const constants = nodes.flatMap(({ name, value }) => (value ? [{ name, ...value }] : []));
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
  const weights = constants.map(({ name, values, shape }) => ({
    ...{ name, shape, dtype: values instanceof Float32Array ? 'float32' : 'int32' },
  }));
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
function nodeJson({ name, op, inputs, attributes, value }: GraphNode): object {
  const attr = Object.entries(attributes).map(([key, of]) => [key, attributeJson(of)]);
  if (value) {
    const { type: dtype } = attributes.dtype as { type: string };
    attr.push(['value', { tensor: { dtype, tensorShape: tensorShape(value.shape) } }]);
  }
  return { name, op, ...(inputs.length > 0 && { input: inputs }), attr: Object.fromEntries(attr) };
}

/** Integers of 64 bits are text there, and bytes base64. */
function attributeJson(attribute: GraphAttribute): object {
  if ('type' in attribute) return attribute;
  if ('ints' in attribute) return { list: { i: attribute.ints.map(String) } };
  if ('text' in attribute) return { s: Buffer.from(attribute.text).toString('base64') };
  return { shape: tensorShape(attribute.shape) };
}

const tensorShape = (sides: readonly number[]): object => ({
  dim: sides.map((size) => ({ size: `${size}` })),
});
