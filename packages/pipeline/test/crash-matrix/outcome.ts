import { isDeepStrictEqual } from 'node:util';
import { readIndex } from '../../src/record/run-index.ts';
import type { Store } from '../../src/run-store.ts';
import type { StageName, StageOutcome } from '../../src/stages/index.ts';
import { reportNumbers } from '../report-numbers.ts';

const computed = ['data', 'train', 'select', 'evaluate'] as const satisfies StageName[];

/** All of a finished run that must not depend on what happened on the way. */
export interface Outcome {
  /** Digests of what the stages gave. */
  outputs: Record<string, StageOutcome['outputs']>;
  /** Digests of the epochs' checkpoints. */
  checkpoints: string[];
  report: unknown;
}

/** @throws where the run is not recorded as finished, or other runs did its work */
export async function outcomeOf(store: Store, run: string, runs: string[]): Promise<Outcome> {
  const file = async (name: string): Promise<string> => {
    const content = await store.getRunFile(run, name);
    if (content === undefined) throw new Error(`there is no ${name}`);
    return content.toString();
  };
  const { status, stages } = JSON.parse(await file('run.json')) as {
    status: string;
    stages: Record<StageName, StageOutcome>;
  };
  if (status !== 'finished') throw new Error(`run.json says ${status}`);
  const { rows = [] } = (await readIndex(store, undefined, () => false)) ?? {};
  const listed = rows.filter(({ runId }) => runId === run).map((row) => row.status);
  if (listed.join() !== 'finished') throw new Error(`the index says ${listed.join() || 'nothing'}`);
  const { commits } = await store.readEpochs(stages.train.fingerprint);
  for (const stage of computed) {
    const [record] = await store.recentStages(stage, 2);
    if (record === undefined || !runs.includes(record.madeBy))
      throw new Error(`${stage} was done by ${record?.madeBy ?? 'nobody'}`);
  }
  return {
    outputs: Object.fromEntries(computed.map((stage) => [stage, stages[stage].outputs])),
    checkpoints: commits.map(({ checkpoint }) => checkpoint.sha256),
    report: reportNumbers(await file('report.json')),
  };
}

/** What is not as it should be, in words; undefined where all is equal. */
export function difference(found: Outcome, expected: Outcome): string | undefined {
  const stage = computed.find(
    (name) => !isDeepStrictEqual(found.outputs[name], expected.outputs[name]),
  );
  if (stage !== undefined) return `the artifacts of ${stage} differ`;
  if (!isDeepStrictEqual(found.checkpoints, expected.checkpoints)) return 'checkpoints differ';
  if (!isDeepStrictEqual(found.report, expected.report)) return 'the numbers of the report differ';
  return undefined;
}
