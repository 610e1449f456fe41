import type { Predictions } from './predictions.ts';
import type { Mistake } from './schema.ts';

/** Enough for a page of pictures; the predictions themselves hold the rest. */
const limit = 40;

/** The wrong predictions the model was surest of, at most {@link limit}, surest first. */
export function confidentMistakes(
  { probabilities, labels, indices, classes }: Predictions,
  predicted: Uint8Array,
): Mistake[] {
  return Array.from(labels, (actual, position) => ({
    position,
    index: indices[position]!,
    actual,
    predicted: predicted[position]!,
    confidence: probabilities[position * classes + predicted[position]!]!,
    actualProbability: probabilities[position * classes + actual]!,
  }))
    .filter((example) => example.actual !== example.predicted)
    .sort((a, b) => b.confidence - a.confidence || a.position - b.position)
    .slice(0, limit);
}
