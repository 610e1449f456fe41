import { type Parsed, parseDocument } from '@atelier/artifacts';
import { UserError } from '@atelier/errors';
import type { Store } from '../run-store.ts';
import { numbersOfRun, type Outcomes, type RunResult, verdictOfRun } from '../stages/index.ts';
import { type RunRecord, runRecordSchema } from './run-record-schema.ts';

/**
 * What is on record of a run.
 * @throws UserError where there is no record, or none that can be read
 */
export async function readRunRecord(
  store: Pick<Store, 'readRunDocument' | 'bucket'>,
  runId: string,
): Promise<RunRecord> {
  return usable(store, runId, await store.readRunDocument(runId, 'run.json', runRecordSchema));
}

/** The same of what was read already. @param content of run.json */
export const runRecordIn = (
  store: Pick<Store, 'bucket'>,
  { runId, content }: { runId: string; content: Buffer },
): RunRecord => usable(store, runId, parseDocument(content, runRecordSchema));

function usable(
  store: Pick<Store, 'bucket'>,
  runId: string,
  found: Parsed<RunRecord> | undefined,
): RunRecord {
  if (found?.value !== undefined) return found.value;
  throw new UserError({
    what: found ? `The record of run ${runId} cannot be read.` : `There is no run ${runId}.`,
    where: `s3://${store.bucket}/runs/${runId}/run.json`,
    ...(found && { expected: 'a run.json as Atelier writes it', found: found.problem }),
    remedy: '`npx atelier runs` lists the runs',
  });
}

/** `ca063a062c0d, with changes`; undefined where the code was of no repository. */
export const commitText = (code: RunRecord['code']): string | undefined =>
  code?.commit && `${code.commit.slice(0, 12)}${code.dirty ? ', with changes' : ''}`;

/** The numbers that a run is known by; versions before wrote none of their own. */
export const numbersOfRecord = ({ results, stages }: RunRecord): Record<string, number> =>
  results ?? numbersOfRun(stages as Partial<Outcomes>);

/** A finished run as its workflow gave it. */
export function resultOfRecord(record: RunRecord): RunResult {
  const { runId, workflowId } = record;
  const verdict = verdictOfRun(record.stages);
  const stages = Object.entries(record.stages).map(([name, { seconds, cache }]) => [
    name,
    { seconds, ...cache },
  ]);
  return {
    ...{ runId, workflowId, ...numbersOfRecord(record) },
    ...(verdict && { verdict }),
    ...{ stages: Object.fromEntries(stages), report: `runs/${runId}/report.html` },
  } as RunResult;
}
