import { type Predictions, predictedClasses } from '../predictions.ts';
import { countPairs, type PairedCounts } from './paired-proportions.ts';
import type { DividedExample } from './schema.ts';

/** What a side answers to each example: of several runs, what most of them say. */
interface Majority {
  /** [n] */
  predicted: Uint8Array;
  /** [n] the mean probability of the predicted class. */
  probability: Float64Array;
  /** [n] 1 where more than half of the runs are right. */
  right: Uint8Array;
}

/** @param runs on the same examples in the same order */
export function majorities(runs: readonly Predictions[]): Majority {
  const { classes, labels } = runs[0]!;
  const answers = runs.map(predictedClasses);
  const predicted = labels.map((_, i) => {
    const votes = new Uint16Array(classes);
    for (const answer of answers) votes[answer[i]!]! += 1;
    return votes.indexOf(Math.max(...votes));
  });
  return {
    predicted,
    probability: Float64Array.from(predicted, (c, i) => {
      const sum = runs.reduce((total, run) => total + run.probabilities[i * classes + c]!, 0);
      return sum / runs.length;
    }),
    right: labels.map((label, i) =>
      Number(2 * answers.filter((answer) => answer[i] === label).length > runs.length),
    ),
  };
}

/** The examples that only one side gets right, and how many those and the others are. */
export function dividedExamples(
  a: Majority,
  b: Majority,
  { labels, indices }: Predictions,
): { counts: PairedCounts; onlyA: DividedExample[]; onlyB: DividedExample[] } {
  const answer = ({ predicted, probability }: Majority, i: number) => ({
    predicted: predicted[i]!,
    probability: Math.min(1, probability[i]!),
  });
  const only = (right: Majority, wrong: Majority) =>
    Array.from(labels, (_, i) => i)
      .filter((i) => right.right[i] && !wrong.right[i])
      .sort((x, y) => wrong.probability[y]! - wrong.probability[x]! || x - y)
      .map(
        (i): DividedExample => ({
          ...{ index: indices[i]!, actual: labels[i]!, a: answer(a, i), b: answer(b, i) },
        }),
      );
  return { counts: countPairs(a.right, b.right), onlyA: only(a, b), onlyB: only(b, a) };
}
