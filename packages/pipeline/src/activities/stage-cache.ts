import {
  type BlobRef,
  fingerprint,
  type Json,
  type StageRecord,
  type Store,
  sameOutputs,
} from '@atelier/artifacts';
import type { CacheFinding, StageInput, StageName, StageOutcome } from '../contract.ts';
import { explainMiss } from './explain-miss.ts';
import { inTurn } from './in-turn.ts';
import type { StageContext } from './stage-activity.ts';

export interface StageWork<Summary> extends Omit<StageInput, 'settings'> {
  stage: StageName;
  /** Raised when the stage's code gives other results for the same inputs. */
  version: number;
  /** Everything that the results depend on. */
  inputs: Record<string, Json>;
  context: Pick<StageContext, 'signal' | 'tell'>;
  /** What the outputs show that the inputs do not decide, where there is such a thing. */
  shows?: string;
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
  /** Time of this attempt in which it could not work. */
  waitedSeconds?: number;
}

const forced = 'forced by --fresh';

/** Names a stage's work: equal fingerprint, same work. */
export const stageFingerprint = ({
  stage,
  version,
  inputs,
}: Pick<StageWork<unknown>, 'stage' | 'version' | 'inputs'>): string =>
  fingerprint({ stage, version, inputs });

/**
 * Does a stage's work unless its record exists: the record is the commit point. A record whose
 * artifacts are gone promises nothing, and the work is done again. Equal work that this process is
 * at is waited for.
 */
export function throughCache<Summary extends object>(
  store: Store,
  stageWork: StageWork<Summary>,
): Promise<StageOutcome<Summary>> {
  const key = stageFingerprint(stageWork);
  const { signal, tell } = stageWork.context;
  const waiting = (): void => tell({ doing: 'waiting for another run that does the same' });
  return inTurn(key, signal, () => foundOrDone(store, stageWork, key), waiting);
}

async function foundOrDone<Summary extends object>(
  store: Store,
  stageWork: StageWork<Summary>,
  key: string,
): Promise<StageOutcome<Summary>> {
  const { stage, version, inputs, run, fresh = false, context, work } = stageWork;
  const record = await store.readStage(stage, key);
  const doubt = fresh ? forced : record && (await doubtOf(store, record, stageWork));
  if (record !== undefined && doubt === undefined)
    return outcome(record, { hit: true, why: `done by run ${record.madeBy}` });
  const unread = record === undefined ? await unreadable(store, stageWork, key) : undefined;
  const why =
    doubt ?? unread ?? explainMiss(stage, { version, inputs }, await store.recentStages(stage, 20));

  const startedAt = new Date();
  const started = performance.now();
  const result = await work(key);
  const { outputs, summary, environment = null, earlierSeconds = 0, waitedSeconds = 0 } = result;
  const seconds = (performance.now() - started) / 1000 - waitedSeconds + earlierSeconds;
  const done: StageRecord = {
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
  };
  const committed = await store.commitStage(done);
  if (!fresh || record === undefined) return outcome(committed, { hit: false, why });
  const comparison = compare(record, done, stageWork.shows);
  if (!comparison.reproduced) context.tell({ notices: [`Stage ${stage} ${comparison.text}.`] });
  // What was forced tells of itself, even where an equal record stands.
  return outcome(done, { hit: false, why: `${why}; it ${comparison.text}` });
}

const outcome = <Summary>(record: StageRecord, cache: CacheFinding): StageOutcome<Summary> => ({
  fingerprint: record.fingerprint,
  cache,
  outputs: record.outputs,
  summary: record.summary as Summary,
  seconds: record.timing.seconds,
  madeBy: record.madeBy,
  finishedAt: record.timing.finishedAt,
});

/** Why a record is not to be trusted. */
async function doubtOf<Summary>(
  store: Store,
  record: StageRecord,
  { distrust }: StageWork<Summary>,
): Promise<string | undefined> {
  const problem = (await missingOutput(store, record)) ?? (await distrust?.(record));
  return problem && `${problem}: done again`;
}

/** Sets a record aside that cannot be read, and says so; undefined where there is none. */
async function unreadable<Summary>(
  store: Store,
  { stage, context }: StageWork<Summary>,
  key: string,
): Promise<string | undefined> {
  const found = await store.setUnreadableStageAside(stage, key);
  if (found === undefined) return undefined;
  const notice = `The record of stage ${stage} is not used (${found.problem}); it lies in ${found.aside}.`;
  context.tell({ notices: [notice] });
  return `its record was not readable (${found.problem}): done again`;
}

async function missingOutput(store: Store, record: StageRecord): Promise<string | undefined> {
  const outputs = Object.entries(record.outputs);
  const faults = await Promise.all(outputs.map(([, ref]) => store.inspectBlob(ref)));
  const at = faults.findIndex((fault) => fault !== undefined);
  return at < 0 ? undefined : `its artifact ${outputs[at]![0]} is ${faults[at]}`;
}

/** What doing the same work once more has shown. */
function compare(
  before: StageRecord,
  now: StageRecord,
  shows: string | undefined,
): { reproduced: boolean; text: string } {
  const whose = `what run ${before.madeBy} had given`;
  if (sameOutputs(before, now))
    return { reproduced: true, text: `gave ${whose}, whose record stands` };
  return shows === undefined
    ? {
        reproduced: false,
        text: `did not reproduce ${whose}: that record is set aside`,
      }
    : { reproduced: true, text: `replaces ${whose}, because it shows ${shows}` };
}
