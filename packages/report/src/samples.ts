import { type Predictions, predictedClasses } from '@atelier/evaluate';
import { permutation } from '@atelier/random';
import { round } from './float32.ts';
import type { Sample } from './report-schema.ts';

/** Pictures in the grid, at most; classes beyond that many are not shown. */
const limit = 40;

/** Names the stream of random numbers that the sample is drawn with. */
const stream = 0x5a4d504c;

/**
 * Draws examples at random, the same number of every class, so that the grid shows neither the
 * model's best side nor its worst.
 */
export function drawSamples(predictions: Predictions, seed: number): Sample[] {
  const { probabilities, labels, indices, classes } = predictions;
  const predicted = predictedClasses(predictions);
  const perClass = Math.max(1, Math.floor(limit / classes));
  const order = [...permutation(labels.length, seed, stream)];
  const positions = Array.from({ length: Math.min(classes, limit) }, (_, c) =>
    order.filter((i) => labels[i] === c).slice(0, perClass),
  ).flat();
  return positions.map((position) => {
    const row = Array.from(
      probabilities.subarray(position * classes, (position + 1) * classes),
      round,
    );
    return {
      position,
      index: indices[position]!,
      actual: labels[position]!,
      predicted: predicted[position]!,
      confidence: row[predicted[position]!]!,
      actualProbability: row[labels[position]!]!,
      probabilities: row,
    };
  });
}
