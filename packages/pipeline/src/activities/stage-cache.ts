import {
  type BlobRef,
  fingerprint,
  type Json,
  type StageRecord,
  type Store,
} from '@atelier/artifacts';
import type { CacheFinding, RunIdentity, StageName, StageOutcome } from '../contract.ts';
import { explainMiss } from './explain-miss.ts';

export interface StageWork<Summary> {
  stage: StageName;
  /** Raised when the stage's code gives other results for the same inputs. */
  version: number;
  /** Everything that the results depend on. */
  inputs: Record<string, Json>;
  run: RunIdentity;
  /** Further reasons not to trust a record; undefined where there are none. */
  distrust?: (record: StageRecord) => Promise<string | undefined>;
  work(fingerprint: string): Promise<StageResult<Summary>>;
}

export interface StageResult<Summary> {
  outputs: Record<string, BlobRef>;
  summary: Summary;
  environment?: Json;
  /** Time spent on this work before this attempt. */
  earlierSeconds?: number;
}

/**
 * Does a stage's work unless its record exists: the record is the commit point. A record whose
 * artifacts are gone promises nothing, and the work is done again.
 */
export async function throughCache<Summary extends object>(
  store: Store,
  { stage, version, inputs, run, distrust, work }: StageWork<Summary>,
): Promise<StageOutcome<Summary>> {
  const key = fingerprint({ stage, version, inputs });
  const record = await store.readStage(stage, key);
  let why: string;
  if (record === undefined) {
    why = explainMiss(stage, { version, inputs }, await store.recentStages(stage, 20));
  } else {
    const doubt = (await missingOutput(store, record)) ?? (await distrust?.(record));
    if (doubt === undefined)
      return outcome(record, { hit: true, why: `done by run ${record.madeBy}` });
    why = `${doubt}: done again`;
  }

  const startedAt = new Date();
  const started = performance.now();
  const { outputs, summary, environment = null, earlierSeconds = 0 } = await work(key);
  const seconds = (performance.now() - started) / 1000 + earlierSeconds;
  const committed = await store.commitStage({
    schemaVersion: 1,
    stage,
    fingerprint: key,
    version,
    inputs: inputs as StageRecord['inputs'],
    outputs,
    summary: summary as StageRecord['summary'],
    environment: environment as StageRecord['environment'],
    madeBy: run.runId,
    timing: { startedAt: startedAt.toISOString(), finishedAt: new Date().toISOString(), seconds },
  });
  return outcome(committed, { hit: false, why });
}

const outcome = <Summary>(record: StageRecord, cache: CacheFinding): StageOutcome<Summary> => ({
  fingerprint: record.fingerprint,
  cache,
  outputs: record.outputs,
  summary: record.summary as Summary,
  seconds: record.timing.seconds,
});

async function missingOutput(store: Store, record: StageRecord): Promise<string | undefined> {
  const outputs = Object.entries(record.outputs);
  const faults = await Promise.all(outputs.map(([, ref]) => store.inspectBlob(ref)));
  const at = faults.findIndex((fault) => fault !== undefined);
  return at < 0 ? undefined : `its artifact ${outputs[at]![0]} is ${faults[at]}`;
}
