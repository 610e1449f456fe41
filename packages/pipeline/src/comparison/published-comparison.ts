import { UserError } from '@atelier/errors';
import { differenceInterval, evaluatePredictions, relationOf } from '@atelier/evaluate';
import type { PublishedComparison } from '@atelier/report/comparison';
import { type Reference, referenceSettingSchema } from '@atelier/report/reference';
import { valueAt } from '@atelier/settings';
import { comparedWith } from '../stages/report/plan.ts';
import { labelledLines } from '../terminal/table.ts';
import { percent, wrap } from '../terminal/text.ts';
import type { StoredRun } from './stored-run.ts';

/**
 * What a run's report compares with.
 * @throws UserError where that is nothing
 */
export function referenceOfRun({ record }: Pick<StoredRun, 'record'>): Reference {
  const { runId, configuration } = record;
  const given = referenceSettingSchema.safeParse(valueAt(configuration, ['reference'])).data;
  const reference = comparedWith({ dataset: configuration.dataset.name, reference: given });
  if (reference !== null) return reference;
  throw new UserError({
    what: `Run ${runId} has no reference.`,
    expected:
      'a run whose dataset has published numbers beside its descriptor, or one that was started with --reference',
    found:
      given === 'none'
        ? '--reference none'
        : `no published numbers of ${configuration.dataset.name}`,
    remedy: 'name a run in the place of `reference`',
  });
}

/** A run's accuracy and a published one: of two test sets, as far as anybody knows. */
export function compareWithPublished(
  { record, dataset, predictions }: StoredRun,
  { answers: _, ...published }: Reference,
): PublishedComparison {
  const { examples, correct } = evaluatePredictions(predictions, dataset.classes);
  const { testAccuracy, testExamples: total } = published;
  const ours = { successes: correct, total: examples };
  const a = correct / examples;
  const interval = differenceInterval(ours, { successes: Math.round(testAccuracy * total), total });
  const points = (value: number) => `${value < 0 ? '−' : '+'}${(100 * Math.abs(value)).toFixed(2)}`;
  return {
    ...{ schemaVersion: 1, about: 'published numbers' },
    a: [{ run: record.runId, seed: record.seed, examples }],
    b: published,
    dataset: dataset.title,
    verdict: `The accuracy of A, ${percent(a)}, ${relationOf(interval)} the reference's ${percent(testAccuracy)}; difference ${points(a - testAccuracy)} points, 95 % interval ${points(interval.lower)} to ${points(interval.upper)} (independent samples).`,
    accuracy: { a, b: testAccuracy, difference: a - testAccuracy, interval },
  };
}

/** @param available characters that a line has room for */
export function publishedLines(
  { a: [run], b, verdict, dataset }: PublishedComparison,
  available: number,
): string[] {
  const rows: [string, string][] = [
    [
      'A',
      `${run!.run}, seed ${run!.seed}, ${run!.examples.toLocaleString('en')} images of ${dataset}`,
    ],
    ['reference', b.source],
  ];
  return [
    verdict,
    'Published numbers come without predictions: there is nothing else to compare.',
    '',
    ...labelledLines(rows, available).flat(),
  ].flatMap((line) => wrap(line, available).split('\n'));
}
