import type { RunEntry } from '@atelier/report';
import { readIndex } from '../record/run-index.ts';
import type { RunRow } from '../record/run-row.ts';
import { starterText } from '../record/run-status.ts';
import type { Store } from '../run-store.ts';

/** Every run of the index, for the page of runs. */
export async function runEntries(store: Store): Promise<RunEntry[]> {
  const indexed = await readIndex(store, undefined, () => false);
  return (indexed?.rows ?? []).map(entryOf);
}

function entryOf(row: RunRow): RunEntry {
  const { runId, status, startedAt, finishedAt, dataset, seed, epochs, startedBy, why, verdict } =
    row;
  const { validationAccuracy, testAccuracy } = row.results;
  return {
    ...{ run: runId, status, startedAt, dataset },
    ...(finishedAt !== undefined && { finishedAt }),
    ...(seed !== undefined && { seed }),
    ...(epochs !== undefined && { epochs }),
    ...(startedBy && { startedBy: starterText(startedBy) }),
    ...(startedBy?.kind === 'run' && { worksForAnother: true }),
    ...(why && { why: why.message }),
    ...(verdict && { verdict }),
    ...(validationAccuracy !== undefined && { validationAccuracy }),
    ...(testAccuracy !== undefined && { testAccuracy }),
    ...(row.testExamples !== undefined && { testExamples: row.testExamples }),
    ...(row.spread && { spread: row.spread.testAccuracy }),
  };
}
