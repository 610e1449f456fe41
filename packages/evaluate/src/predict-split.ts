import { setImmediate as eventLoop } from 'node:timers/promises';
import type { Split } from '@atelier/data';
import { describeImageShape, imageSize } from '@atelier/data/image-shape';
import { UserError } from '@atelier/errors';
import {
  inferenceBatch,
  inferenceLogits,
  type Model,
  type Normalisation,
  normalise,
  type Weights,
  weightsOf,
} from '@atelier/model';
import { dispose, minimum, softmax, tensor, tidy } from '@tensorflow/tfjs-core';
import type { Predictions } from './predictions.ts';

export interface PredictSplitOptions {
  normalisation: Normalisation;
  /** Examples at a time, `inferenceBatch` by default. The last bits of results depend on it. */
  evaluationBatch?: number | undefined;
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
  {
    normalisation,
    evaluationBatch: batch = inferenceBatch(model.network),
    signal,
  }: PredictSplitOptions,
): Promise<Predictions> {
  checkFit(model, split);
  const { inputs, classes } = model.network;
  const n = split.labels.length;
  const probabilities = new Float32Array(n * classes);
  const weights = weightsOf(model);
  try {
    for (let start = 0; start < n; start += batch) {
      const end = Math.min(n, start + batch);
      const pixels = Float32Array.from(split.images.subarray(start * inputs, end * inputs));
      probabilities.set(distributions(pixels, normalisation, weights, model), start * classes);
      // Lets a request to stop come through.
      await eventLoop();
      signal?.throwIfAborted();
    }
  } finally {
    dispose(weights);
  }
  return { probabilities, labels: split.labels, indices: split.indices, classes };
}

/**
 * The model's probabilities for some images, [n, classes].
 * @param pixels [n, inputs], 0 to 255
 */
export function distributions(
  pixels: Float32Array,
  normalisation: Normalisation,
  weights: Weights,
  { network }: Model,
): Float32Array {
  const rows = tidy(() => {
    const { inputs } = network;
    const images = normalise(tensor(pixels, [pixels.length / inputs, inputs]), normalisation);
    // Rounding can carry a sure model just over 1.
    return minimum(softmax(inferenceLogits(images, weights, network)), 1);
  });
  try {
    return rows.dataSync() as Float32Array;
  } finally {
    rows.dispose();
  }
}

function checkFit({ network }: Model, { name, shape, labels }: Split): void {
  const refuse = (expected: string, found: string) =>
    new UserError({ what: `The ${name} split does not fit the model.`, expected, found });
  if (imageSize(shape) !== network.inputs)
    throw refuse(`images of ${network.inputs} values`, describeImageShape(shape));
  const label = labels.find((l) => l >= network.classes);
  if (label !== undefined) throw refuse(`labels below ${network.classes}`, String(label));
}
