import { encodeModel } from '@atelier/graph';
import { encodeSavedModel } from '@atelier/graph/graph-def';
import type { ExportedModel, TrainedModel } from '../exported-model.ts';
import { traced } from '../traced-network.ts';
import type { ExportFormat, Files } from './format.ts';
import { fedPixels, input, output, tensorflowGraph } from './tensorflow-graph.ts';

export const savedmodel: ExportFormat = {
  suffix: '-savedmodel',
  about: `a TensorFlow SavedModel, a folder, with tag \`serve\` and signature \`serving_default\`, for TensorFlow 2 and TensorFlow Serving; takes \`${input}\` (uint8, [n, height, width, channels]) and gives \`${output}\` (float32, [n, classes]); the classes' names are in assets.extra/classes.json`,
  encode: (model) => ({
    'saved_model.pb': Buffer.concat(encodeGraph(model)),
    ...described(model),
  }),
  encodeTraced: async (model) => ({ ...(await traced(model, encodeModel)), ...described(model) }),
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

/** The bytes of saved_model.pb. */
function encodeGraph(model: ExportedModel): Uint8Array[] {
  const { height, width, channels } = model.shape;
  const taken = { shape: [-1, height, width, channels], dtype: 'uint8' } as const;
  const given = { shape: [-1, model.classes.length], dtype: 'float32' } as const;
  return encodeSavedModel({
    nodes: tensorflowGraph(model),
    functions: [],
    signature: 'serving_default',
    inputs: [{ key: input, tensor: `${input}:0`, ...taken }],
    outputs: [{ key: output, tensor: `${output}:0`, ...given }],
  });
}
