import { setImmediate as eventLoop } from 'node:timers/promises';
import type { Split } from '@atelier/data';
import { describeImageShape, imageSize } from '@atelier/data/image-shape';
import { UserError } from '@atelier/errors';
import { inferenceLogits, type Model, type Weights, weightsOf } from '@atelier/model';
import { dispose, minimum, softmax, tensor, tidy } from '@tensorflow/tfjs-core';
import type { PredictionJob } from './predict.ts';
import type { Predictions } from './predictions.ts';

/** Fast on any device, and 3 MB of input. */
const defaultBatch = 1000;

export interface PredictSplitOptions {
  normalisation: PredictionJob['normalisation'];
  batch?: number;
  signal?: AbortSignal;
}

/**
 * The model's probabilities for every example: softmax over the logits on running statistics,
 * without dropout. Runs on the tfjs backend of this process and leaves no tensor behind.
 * @throws UserError where the split's images or labels do not fit the model
 */
export async function predictSplit(
  model: Model,
  split: Split,
  { normalisation, batch = defaultBatch, signal }: PredictSplitOptions,
): Promise<Predictions> {
  checkFit(model, split);
  const { inputs, classes } = model.network;
  const n = split.labels.length;
  const pixelValues = normalisedPixels(normalisation);
  const probabilities = new Float32Array(n * classes);
  const weights = weightsOf(model);
  try {
    for (let start = 0; start < n; start += batch) {
      const end = Math.min(n, start + batch);
      const pixels = split.images.subarray(start * inputs, end * inputs);
      const x = Float32Array.from(pixels, (pixel) => pixelValues[pixel]!);
      probabilities.set(distributions(x, weights, model), start * classes);
      // Lets a request to stop come through.
      await eventLoop();
      signal?.throwIfAborted();
    }
  } finally {
    dispose(weights);
  }
  return { probabilities, labels: split.labels, indices: split.indices, classes };
}

function distributions(x: Float32Array, weights: Weights, { network }: Model): Float32Array {
  const rows = tidy(() => {
    const images = tensor(x, [x.length / network.inputs, network.inputs]);
    // Rounding can carry a sure model just over 1.
    return minimum(softmax(inferenceLogits(images, weights, network)), 1);
  });
  try {
    return rows.dataSync() as Float32Array;
  } finally {
    rows.dispose();
  }
}

/** (pixel / 255 - mean) / std in float32, for every pixel from 0 to 255. */
function normalisedPixels({ mean, std }: PredictionJob['normalisation']): Float32Array {
  return Float32Array.from({ length: 256 }, (_, pixel) => (pixel / 255 - mean) / std);
}

function checkFit({ network }: Model, { name, shape, labels }: Split): void {
  const refuse = (expected: string, found: string) =>
    new UserError({ what: `The ${name} split does not fit the model.`, expected, found });
  if (imageSize(shape) !== network.inputs)
    throw refuse(`images of ${network.inputs} values`, describeImageShape(shape));
  const label = labels.find((l) => l >= network.classes);
  if (label !== undefined) throw refuse(`labels below ${network.classes}`, String(label));
}
