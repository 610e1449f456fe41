import { availableParallelism } from 'node:os';
import type { Step } from '@atelier/model';
import type { ExportedModel } from '../exported-model.ts';
import { translated } from '../traced-network.ts';
import { channelsFirst } from './channels-first.ts';
import type { ExportFormat } from './format.ts';
import { translateGraph } from './onnx-from-graph.ts';
import { input, int, ints, onnxModel, output, versions, type Writer } from './onnx-model.ts';
import { dataTypes } from './onnx-schema.ts';

export const onnx: ExportFormat = {
  suffix: '.onnx',
  about: `ONNX, opset ${versions.opset}, IR version ${versions.ir}; takes \`${input}\` (uint8, [n, height, width, channels]) and gives \`${output}\` (float32, [n, classes]); the classes' names are its metadata \`classes\`, as JSON`,
  encode: (model) => ({ '': onnxModel(model, (writer) => translateSteps(model, writer)) }),
  encodeTraced: (model) =>
    translated(model, 'ONNX', (nodes) => ({
      '': onnxModel(model, (writer) => translateGraph(nodes, writer)),
    })),
  async read(path, { height, width, channels }) {
    const { env, InferenceSession, Tensor } = await import('onnxruntime-node');
    // Its warnings are about graphics cards that it looks for and does not use.
    env.logLevel = 'error';
    const session = await InferenceSession.create(path, {
      executionProviders: ['cpu'],
      ...threads,
    });
    return {
      name: `ONNX Runtime ${env.versions.node}`,
      async probabilities(pixels) {
        const n = pixels.length / (height * width * channels);
        const fed = { [input]: new Tensor('uint8', pixels, [n, height, width, channels]) };
        const { [output]: found } = await session.run(fed);
        return (await found!.getData()) as Float32Array;
      },
      close: () => void session.release(),
    };
  },
};

/** A number has to be given: by itself it binds a thread to each core, also to those of others. */
const threads = { intraOpNumThreads: Math.min(availableParallelism(), 4), interOpNumThreads: 1 };

function translateSteps({ steps, shape, pixels }: ExportedModel, writer: Writer): void {
  const { node, tensor } = writer;
  const { channels } = shape;
  const numbers = node('Cast', [input], 'numbers', int('to', dataTypes.float));
  const factors = tensor('pixel.factors', pixels.factors, [channels]);
  const shifts = tensor('pixel.shifts', pixels.shifts, [channels]);
  const scaled = node('Mul', [numbers, factors], 'scaled');
  const normalised = node('Add', [scaled, shifts], 'normalised');
  const values = [node('Flatten', [normalised], 'value_0', int('axis', 1))];
  for (const step of steps) translate(step, values, writer);
  node('Softmax', [values.at(-1)!], output, int('axis', 1));
}

/** Adds what a step gives to the values' names. ONNX has channels before rows and columns. */
function translate(step: Step, values: string[], { node, tensor }: Writer): void {
  const of = step.of.map((at) => values[at]!);
  const result = `value_${values.length}`;
  const constant = (value: number): string =>
    tensor(`${result}.${value.toPrecision(3)}`, Float32Array.of(value), []);
  const operations: { [K in Step['kind']]: (step: Extract<Step, { kind: K }>) => string } = {
    linear({ layer, weight, bias }) {
      const dims = [weight.length / bias.length, bias.length];
      const named = [
        tensor(`${layer}.weight`, weight, dims),
        tensor(`${layer}.bias`, bias, [bias.length]),
      ];
      return node('Gemm', [...of, ...named], result);
    },
    convolution({ layer, weight, bias }) {
      const dims = [bias.length, weight.length / bias.length / 9, 3, 3];
      const named = [
        tensor(`${layer}.weight`, channelsFirst(weight, bias.length), dims),
        tensor(`${layer}.bias`, bias, [bias.length]),
      ];
      return node('Conv', [...of, ...named], result, ints('pads', [1, 1, 1, 1]));
    },
    images({ shape }) {
      const sides = tensor(
        `${result}.shape`,
        BigInt64Array.from([-1, ...shape], (side) => BigInt(side)),
        [4],
      );
      const rows = node('Reshape', [...of, sides], `${result}.rows`);
      return node('Transpose', [rows], result, ints('perm', [0, 3, 1, 2]));
    },
    maxPool: () =>
      node('MaxPool', of, result, ints('kernel_shape', [2, 2]), ints('strides', [2, 2])),
    globalAverage() {
      const average = node('GlobalAveragePool', of, `${result}.average`);
      return node('Flatten', [average], result, int('axis', 1));
    },
    gelu() {
      const half = constant(0.5);
      const scaled = node('Mul', [...of, constant(Math.SQRT1_2)], `${result}.scaled`);
      const erf = node('Erf', [scaled], `${result}.erf`);
      const halved = node('Mul', [erf, half], `${result}.halved`);
      const phi = node('Add', [halved, half], `${result}.phi`);
      return node('Mul', [...of, phi], result);
    },
    relu: () => node('Relu', of, result),
    add: () => node('Add', of, result),
  };
  values.push((operations[step.kind] as (step: Step) => string)(step));
}
