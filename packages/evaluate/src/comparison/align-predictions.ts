import { UserError } from '@atelier/errors';
import type { Predictions } from '../predictions.ts';

/** A run with what its model says about its test split. */
export interface ComparedRun {
  run: string;
  seed: number;
  classes: readonly string[];
  predictions: Predictions;
}

/**
 * Of every run's predictions those of the examples that all of them have, in the order of the
 * official file. An example is known by its position there, so the file has to be the same one.
 * @throws UserError where the classes differ, the labels do, or no example is shared
 */
export function alignPredictions(runs: readonly ComparedRun[]): Predictions[] {
  const [first, ...others] = runs;
  for (const { run, classes } of others)
    if (String(classes) !== String(first!.classes))
      throw incomparable('They know different classes.', {
        expected: `${first!.classes.join(', ')}, as run ${first!.run} has them`,
        found: `${classes.join(', ')} in run ${run}`,
      });
  const rows = runs.map(
    ({ predictions: { indices } }) => new Map(Array.from(indices, (index, row) => [index, row])),
  );
  const shared = [...rows[0]!.keys()]
    .filter((index) => rows.every((known) => known.has(index)))
    .sort((x, y) => x - y);
  if (shared.length === 0)
    throw incomparable('Their test splits have no example in common.', {
      expected: 'runs whose test splits overlap: those of one split seed are the same',
      found: `0 shared examples of ${runs.map(({ predictions }) => predictions.labels.length).join(' and ')}`,
    });
  const aligned = runs.map(({ predictions }, i) =>
    pick(
      predictions,
      shared.map((index) => rows[i]!.get(index)!),
    ),
  );
  checkLabels(runs, aligned);
  return aligned;
}

function checkLabels(runs: readonly ComparedRun[], aligned: readonly Predictions[]): void {
  const { labels, indices } = aligned[0]!;
  aligned.forEach((other, i) => {
    const at = labels.findIndex((label, row) => label !== other.labels[row]);
    if (at < 0) return;
    const name = (label: number) => runs[0]!.classes[label];
    throw incomparable('They were measured against different labels.', {
      expected: `test image ${indices[at]} labelled ${name(labels[at]!)}, as in run ${runs[0]!.run}`,
      found: `${name(other.labels[at]!)} in run ${runs[i]!.run}`,
    });
  });
}

export const incomparable = (why: string, found: { expected: string; found: string }): UserError =>
  new UserError({ what: `These runs cannot be compared. ${why}`, ...found });

function pick({ probabilities, labels, indices, classes }: Predictions, rows: readonly number[]) {
  const picked: Predictions = {
    probabilities: new Float32Array(rows.length * classes),
    labels: Uint8Array.from(rows, (row) => labels[row]!),
    indices: Int32Array.from(rows, (row) => indices[row]!),
    classes,
  };
  for (const [i, row] of rows.entries())
    picked.probabilities.set(
      probabilities.subarray(row * classes, (row + 1) * classes),
      i * classes,
    );
  return picked;
}
