import { UserError } from '@atelier/errors';
import type { Store } from '../run-store.ts';
import { numbersOfRun, type Outcomes, type RunResult } from '../stages/index.ts';
import { type RunRecord, runRecordSchema } from './run-record-schema.ts';

/**
 * What is on record of a run.
 * @throws UserError where there is no record, or none that can be read
 */
export async function readRunRecord(
  store: Pick<Store, 'readRunDocument' | 'bucket'>,
  runId: string,
): Promise<RunRecord> {
  const found = await store.readRunDocument(runId, 'run.json', runRecordSchema);
  if (found?.value !== undefined) return found.value;
  throw new UserError({
    what: found ? `The record of run ${runId} cannot be read.` : `There is no run ${runId}.`,
    where: `s3://${store.bucket}/runs/${runId}/run.json`,
    ...(found && { expected: 'a run.json as Atelier writes it', found: found.problem }),
    remedy: '`npx atelier runs` lists the runs',
  });
}

/** The numbers that a run is known by; versions before wrote none of their own. */
export const numbersOfRecord = ({ results, stages }: RunRecord): Record<string, number> =>
  results ?? numbersOfRun(stages as Partial<Outcomes>);

/** A finished run as its workflow gave it. */
export function resultOfRecord(record: RunRecord): RunResult {
  const { runId, workflowId } = record;
  const stages = Object.entries(record.stages).map(([name, { seconds, cache }]) => [
    name,
    { seconds, ...cache },
  ]);
  return {
    ...{ runId, workflowId, ...numbersOfRecord(record) },
    ...{ stages: Object.fromEntries(stages), report: `runs/${runId}/report.html` },
  } as RunResult;
}
