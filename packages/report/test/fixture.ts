import { type ImageShape, imageAt } from '@atelier/data/image-shape';
import type { PreparedDataset } from '@atelier/data/prepared-dataset';
import { evaluatePredictions, type Predictions, selectCheckpoint } from '@atelier/evaluate';
import { compareRuns, verdictOf } from '@atelier/evaluate/comparison';
import { normals, uniforms } from '@atelier/random';
import type { EpochRecord } from '@atelier/train/epochs';
import { recipeSchema } from '@atelier/train/recipe';
import type { RunComparison } from '../src/comparison-page/run-comparison.ts';
import type { ImageSource, ReportInputs, renderComparisonPage } from '../src/index.ts';
import { garments } from './garments.ts';

const fashion = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

/** Logits' distance between classes that look alike. */
const alike: [number, number, number][] = [
  [0, 6, 2.6],
  [2, 4, 2.4],
  [2, 6, 2.2],
  [4, 6, 2.3],
  [3, 6, 1.2],
  [0, 3, 1],
  [5, 7, 1.4],
  [7, 9, 1.8],
  [5, 9, 1],
];

const run = '20260203-040506-8f3a';
const training = '5f3c09b2d4e17a68'.repeat(4);

export const environment: ReportInputs['origins'][number]['environment'] = {
  node: '20.20.0',
  tfjs: '4.22.0',
  tensorflow: '2.21.0',
  device: 'cpu',
  deviceName: 'AMD EPYC 9B14',
  cpuFeatures: ['avx2', 'avx512f', 'fma'],
  cores: 2,
  threads: 2,
  platform: 'linux-x64',
};

/** Images in memory, [n, height, width, channels]. */
export interface HeldImages extends ImageSource {
  images: Uint8Array;
}

export const heldImages = (shape: ImageShape, images: Uint8Array): HeldImages => ({
  ...{ shape, images },
  read: async (positions) =>
    Buffer.concat(Array.from(positions, (position) => imageAt(images, shape, position))),
});

interface Scale {
  classes?: string[];
  examples?: number;
  epochs?: number;
  reference?: boolean;
}

/** The inputs of a plausible run: the numbers are drawn at random, from a seed. */
export function fixture({
  classes = fashion,
  examples = 5000,
  epochs = 120,
  reference = true,
}: Scale = {}): { inputs: ReportInputs; images: HeldImages } {
  const predictions = drawPredictions(classes.length, examples);
  const history = drawHistory(epochs);
  const inputs: ReportInputs = {
    training: { fingerprint: training, finishedAt: '2026-02-03T04:07:02.400Z' },
    dataset: dataset(classes, examples, predictions.labels),
    network: {
      inputs: 784,
      architecture: 'mlp',
      widths: [144, 128, 128, 128],
      residual: 3,
      classes: classes.length,
      dropout: 0.3,
      dropoutAt: 'output',
    },
    recipe: recipeSchema.parse({ epochs }),
    seed: 1,
    history,
    origins: history.map(({ epoch }) => ({ epoch, run, training, environment })),
    adoptedData: [],
    selection: selectCheckpoint(history),
    evaluation: evaluatePredictions(predictions, classes),
    predictions,
    timings: { data: 6.2, train: 96.4, select: 0.08, evaluate: 1.9, report: 2.6 },
    reference: reference
      ? {
          testAccuracy: 0.9202,
          testExamples: 5000,
          validationAccuracy: 0.9156,
          bestEpoch: 97,
          source: 'the recipe',
        }
      : undefined,
  };
  return {
    inputs,
    images: heldImages({ height: 28, width: 28, channels: 1 }, garments(predictions.labels)),
  };
}

/** What a page of two such runs is made of, the second a little less sure. */
export function comparisonFixture(scale: Scale = {}): Parameters<typeof renderComparisonPage> {
  const { inputs, images } = fixture(scale);
  const { predictions, dataset, history, selection } = inputs;
  const { classes } = dataset;
  const blurred = normals(predictions.probabilities.length, 21);
  const others = predictions.probabilities.map((p, i) => p * Math.exp(blurred[i]!));
  for (let row = 0; row < others.length; row += classes.length) {
    const own = others.subarray(row, row + classes.length);
    const sum = own.reduce((a, b) => a + b, 0);
    for (let c = 0; c < own.length; c++) own[c]! /= sum;
  }
  const run = (name: string, probabilities: Float32Array) => ({
    ...{ run: name, seed: 1, classes, predictions: { ...predictions, probabilities } },
  });
  const comparison = compareRuns([run('sure', predictions.probabilities)], [run('less', others)]);
  const differs: RunComparison['differs'] = {
    configuration: [{ name: 'network.dropout', a: '0.3', b: '0' }],
    ...{ data: [], environment: [{ name: 'node', a: '20.20.0', b: '22.1.0' }] },
  };
  const curve = [{ history, chosen: selection.epoch }];
  return [
    { ...comparison, dataset: dataset.title, verdict: verdictOf(comparison), differs },
    { a: curve, b: curve },
    { ...images, indices: predictions.indices },
  ];
}

function drawHistory(epochs: number): EpochRecord[] {
  const noise = normals(4 * epochs, 11);
  return Array.from({ length: epochs }, (_, i) => {
    const progress = i / epochs;
    const rise = 1 - Math.exp(-(i + 1) / 9);
    const wobble = (k: number, size: number) => noise[4 * i + k]! * size * (1 - 0.7 * progress);
    return {
      epoch: i + 1,
      step: 469 * (i + 1),
      learningRate: 2e-8 + ((5e-4 - 2e-8) * (1 + Math.cos(Math.PI * progress))) / 2,
      trainLoss: 0.72 - 0.42 * rise - 0.06 * progress + wobble(0, 0.003),
      trainAccuracy: 0.762 + 0.125 * rise + 0.026 * progress + wobble(1, 0.001),
      validationLoss: 0.55 - 0.24 * rise + wobble(2, 0.009),
      validationAccuracy:
        Math.round(5000 * (0.825 + 0.078 * rise + 0.013 * progress + wobble(3, 0.003))) / 5000,
      gradientNorm: 1.35 - 0.7 * rise + 0.25 * progress + wobble(0, 0.02),
      seconds: 0.76 + Math.abs(wobble(1, 0.05)),
    };
  });
}

function drawPredictions(classes: number, examples: number): Predictions {
  const probabilities = new Float32Array(examples * classes);
  const labels = Uint8Array.from({ length: examples }, (_, i) => i % classes);
  const noise = normals(examples * classes, 5);
  const certainty = uniforms(examples, 6);
  labels.forEach((label, i) => {
    const logits = Array.from({ length: classes }, (_, c) => {
      const [, , near = 0] =
        alike.find(([a, b]) => [a, b].includes(label) && [a, b].includes(c)) ?? [];
      return c === label ? 1.2 + 12 * certainty[i]! ** 0.8 : near + 1.5 * noise[i * classes + c]!;
    });
    const exponentials = logits.map(Math.exp);
    const total = exponentials.reduce((a, b) => a + b);
    probabilities.set(
      exponentials.map((e) => e / total),
      i * classes,
    );
  });
  const indices = Int32Array.from({ length: examples }, (_, i) => 2 * i + (i % 2));
  return { probabilities, labels, indices, classes };
}

function dataset(classes: string[], examples: number, labels: Uint8Array): PreparedDataset {
  const each = (count: number) => ({
    count,
    classCounts: classes.map(() => count / classes.length),
  });
  const file = (name: string, bytes: number) => ({
    name,
    bytes,
    sha256: name.length.toString(16).repeat(64).slice(0, 64),
  });
  const balance = { smallest: 500, largest: 500, emptyClasses: [] };
  return {
    schemaVersion: 1,
    name: 'fashion-mnist',
    title: 'Fashion-MNIST',
    classes,
    height: 28,
    width: 28,
    source: 'https://github.com/zalandoresearch/fashion-mnist',
    licence: 'MIT',
    sources: {
      trainImages: file('train-images-idx3-ubyte.gz', 26_421_880),
      trainLabels: file('train-labels-idx1-ubyte.gz', 29_515),
      testImages: file('t10k-images-idx3-ubyte.gz', 4_422_102),
      testLabels: file('t10k-labels-idx1-ubyte.gz', 5_148),
    },
    splitSeed: 0,
    validationMembers: '',
    normalisation: { mean: 0.286, std: 0.353 },
    splits: {
      train: each(6000 * classes.length),
      validation: each(500 * classes.length),
      test: {
        count: examples,
        classCounts: classes.map((_, c) => labels.filter((label) => label === c).length),
      },
    },
    contract: {
      classBalance: { train: balance, validation: balance, test: balance },
      duplicates: {
        groups: 43,
        within: { train: 43, validation: 0, test: 0 },
        across: { trainValidation: 3, trainTest: 7, validationTest: 1 },
        conflictingLabels: 2,
        examples: [],
      },
      constantImages: { train: 0, validation: 0, test: 0, examples: [] },
    },
  };
}
