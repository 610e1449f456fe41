import type { Predictions } from './predictions.ts';
import type { ClassMetrics, ConfusedPair, MeanMetrics, Mistake } from './schema.ts';

/** confusion[actual][predicted]: how many examples of one class were taken for another. */
export function confusionMatrix(
  labels: Uint8Array,
  predicted: Uint8Array,
  classes: number,
): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  labels.forEach((actual, i) => {
    matrix[actual]![predicted[i]!]! += 1;
  });
  return matrix;
}

/**
 * Precision, recall, F1 and support of each class. A ratio with nothing under its line (the
 * precision of a class never predicted, the recall of one that does not occur) is 0, as in
 * scikit-learn.
 */
export function classMetrics(confusion: number[][], names: readonly string[]): ClassMetrics[] {
  return names.map((name, c) => {
    const hits = confusion[c]![c]!;
    const support = sum(confusion[c]!);
    const predicted = sum(confusion.map((row) => row[c]!));
    return {
      name,
      precision: ratio(hits, predicted),
      recall: ratio(hits, support),
      // Equal to 2PR / (P + R), and defined as long as the class occurs on either side.
      f1: ratio(2 * hits, support + predicted),
      support,
      predicted,
    };
  });
}

/**
 * Mean over the classes that occur as actual or as predicted class, each counting the same: a
 * class that is only listed says nothing about the model (scikit-learn leaves it out, too).
 */
export function macroMean(perClass: readonly ClassMetrics[]): MeanMetrics {
  return mean(perClass, ({ support, predicted }) => (support + predicted > 0 ? 1 : 0));
}

/** Mean over the classes, each counting by its number of examples. */
export function weightedMean(perClass: readonly ClassMetrics[]): MeanMetrics {
  return mean(perClass, ({ support }) => support);
}

function mean(
  perClass: readonly ClassMetrics[],
  weight: (metrics: ClassMetrics) => number,
): MeanMetrics {
  const total = sum(perClass.map(weight));
  const of = (key: keyof MeanMetrics) =>
    // Rounding can carry the mean of ones just over 1.
    Math.min(1, sum(perClass.map((metrics) => weight(metrics) * metrics[key])) / total);
  return { precision: of('precision'), recall: of('recall'), f1: of('f1') };
}

/** Every pair of classes that was mixed up, the most frequent first, then in class order. */
export function confusedPairs(confusion: number[][]): ConfusedPair[] {
  return confusion
    .flatMap((row, actual) =>
      row.map((count, predicted) => ({ actual, predicted, count, share: ratio(count, sum(row)) })),
    )
    .filter(({ actual, predicted, count }) => actual !== predicted && count > 0)
    .sort((a, b) => b.count - a.count || a.actual - b.actual || a.predicted - b.predicted);
}

/** Enough for a page of pictures; the predictions themselves hold the rest. */
const mistakesKept = 40;

/** The wrong predictions the model was surest of, at most {@link mistakesKept}, surest first. */
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
    .slice(0, mistakesKept);
}

const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
