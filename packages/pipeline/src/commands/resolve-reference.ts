import { UserError } from '@atelier/errors';
import { evaluatePredictions } from '@atelier/evaluate';
import { answersOf, testFilesOf } from '@atelier/report';
import type { ReferenceSetting } from '@atelier/report/reference';
import { readStoredRun } from '../comparison/stored-run.ts';
import { defaultName } from '../registry/decision-log.ts';
import type { RunConfig } from '../run-configuration.ts';
import type { Store } from '../run-store.ts';
import { namedRun } from './finished-run.ts';

/**
 * What `--reference` names: the numbers and the answers of a finished run. They become part of the
 * new run's configuration, so that it needs nothing of the other one any more.
 * @param named a run id or a tag, `latest`, `champion` (of the dataset that is trained on), or `none`
 * @throws UserError for a run that cannot be used, or was tested on other images
 */
export async function resolveReference(
  store: Store,
  named: string,
  { dataset }: RunConfig,
): Promise<ReferenceSetting> {
  if (named === 'none') return 'none';
  const stored = await readStoredRun(
    store,
    await namedRun(named === defaultName ? `${defaultName}:${dataset.name}` : named, '--reference'),
  );
  const { record, predictions, report } = stored;
  const { runId } = record;
  const refuse = (what: string, expected: string, found: string): UserError =>
    new UserError({
      what: `Run ${runId} cannot be the reference. ${what}`,
      ...{ where: '--reference', expected, found },
      remedy: 'name a run on the same test data, or `--reference none`',
    });
  const classes = dataset.classes.join(', ');
  if (classes !== stored.dataset.classes.join(', '))
    throw refuse('It knows other classes.', classes, stored.dataset.classes.join(', '));
  // Of files that are followed nobody knows yet what they will be.
  const files = Object.fromEntries(
    Object.entries(dataset.files).flatMap(([role, file]) =>
      'sha256' in file ? [[role, file]] : [],
    ),
  ) as Parameters<typeof testFilesOf>[0]['sources'];
  const [own, theirs] = [testFilesOf({ sources: files }), testFilesOf(stored.dataset)];
  if (own !== '' && own !== theirs)
    throw refuse('It was tested on other files.', shortened(own), shortened(theirs));
  const { metrics, examples } = evaluatePredictions(predictions, stored.dataset.classes);
  return {
    testAccuracy: metrics.accuracy.value,
    testExamples: examples,
    validationAccuracy: report.selection.validationAccuracy,
    bestEpoch: report.selection.epoch,
    source: `run ${runId}, seed ${record.seed}`,
    answers: answersOf(runId, stored),
  };
}

const shortened = (digests: string): string =>
  digests
    .split(' ')
    .map((digest) => digest.slice(0, 12))
    .join(', ');
