import { type Predictions, predictedClasses } from '@atelier/evaluate';
import { permutation } from '@atelier/random';
import type { Report, Sample } from './report-schema.ts';

/** Pictures in the grid, at most. */
const limit = 40;

/** Names the stream of random numbers that the sample is drawn with. */
const stream = 0x5a4d504c;

/** The shortest number that is the same float32: nine digits are always enough, JSON is shorter. */
const round = (float32: number): number => Number(float32.toPrecision(9));

/** What the model says about every example, a column per quantity. */
export function exampleColumns(predictions: Predictions): Report['examples'] {
  const { probabilities, labels, indices, classes } = predictions;
  const predicted = predictedClasses(predictions);
  const probability = (c: number, i: number) => round(probabilities[i * classes + c]!);
  return {
    index: [...indices],
    actual: [...labels],
    predicted: [...predicted],
    confidence: Array.from(predicted, probability),
    actualProbability: Array.from(labels, probability),
  };
}

/**
 * Draws examples at random, the same number from every class as far as it has them, so that the
 * grid shows neither the model's best side nor its worst. Where there are more classes than the
 * grid has room for, the draw decides which are shown, with one example each.
 * @param seed the split's, so that every run on this split shows the same examples
 */
export function drawSamples(predictions: Predictions, seed: number): Sample[] {
  const { probabilities, labels, indices, classes } = predictions;
  const predicted = predictedClasses(predictions);
  const perClass = Math.max(1, Math.floor(limit / classes));
  const drawn = new Map<number, number[]>();
  for (const i of permutation(labels.length, seed, stream)) {
    const own = drawn.get(labels[i]!) ?? [];
    if (own.length < perClass && (own.length > 0 || drawn.size < limit))
      drawn.set(labels[i]!, [...own, i]);
  }
  const positions = [...drawn].sort(([a], [b]) => a - b).flatMap(([, own]) => own);
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
