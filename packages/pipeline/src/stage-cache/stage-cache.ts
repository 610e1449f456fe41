import {
  fingerprint,
  type Json,
  type StageRecord,
  type Store,
  sameOutputs,
} from '@atelier/artifacts';
import { withoutAddedDefaults } from '@atelier/settings';
import type { StageContext } from '../stage-activity/stage-activity.ts';
import type {
  CacheFinding,
  Dependencies,
  InputOf,
  OutcomeOf,
  StageInput,
  StageOutcome,
  StagePlan,
} from '../stages/plan.ts';
import { explainMiss } from './explain-miss.ts';
import { inTurn } from './in-turn.ts';

export interface StageWork<Plan extends StagePlan> {
  plan: Plan;
  input: InputOf<Plan>;
  context: Pick<StageContext, 'signal' | 'tell'>;
  /** What the outputs show that the inputs do not decide, where there is such a thing. */
  shows?: string;
  /** Further reasons not to trust a record; undefined where there are none. */
  distrust?: (record: StageRecord) => Promise<string | undefined>;
  work(fingerprint: string): Promise<StageResult<Plan>>;
}

export interface StageResult<Plan extends StagePlan> {
  outputs: OutcomeOf<Plan>['outputs'];
  summary: OutcomeOf<Plan>['summary'];
  environment?: Json;
  /** Time spent on this work before this attempt. */
  earlierSeconds?: number;
  /** Time of this attempt in which it could not work. */
  waitedSeconds?: number;
}

const forced = 'forced by --fresh';

/**
 * What a stage's results depend on, and nothing else. A field that was added with a default that
 * means "as before" is left out while it has that default: see decision 18.
 */
export const dependenciesOf = <Plan extends StagePlan>(
  { input: schema, dependsOn }: Plan,
  input: Omit<InputOf<Plan>, 'run'>,
): Dependencies => withoutAddedDefaults(schema, dependsOn(input as never));

/** Names a stage's work: equal fingerprint, same work. */
export const stageFingerprint = <Plan extends StagePlan>(
  plan: Plan,
  input: Omit<InputOf<Plan>, 'run'>,
): string =>
  fingerprint({ stage: plan.name, version: plan.version, inputs: dependenciesOf(plan, input) });

/**
 * Does a stage's work unless its record exists: the record is the commit point. A record whose
 * artifacts are gone promises nothing, and the work is done again. Equal work that this process is
 * at is waited for.
 */
export function throughCache<Plan extends StagePlan>(
  store: Store,
  stageWork: StageWork<Plan>,
): Promise<OutcomeOf<Plan>> {
  const key = stageFingerprint(stageWork.plan, stageWork.input);
  const { signal, tell } = stageWork.context;
  const waiting = (): void => tell({ doing: 'waiting for another run that does the same' });
  return inTurn(key, signal, () => foundOrDone(store, stageWork, key), waiting);
}

async function foundOrDone<Plan extends StagePlan>(
  store: Store,
  stageWork: StageWork<Plan>,
  key: string,
): Promise<OutcomeOf<Plan>> {
  const { plan, input, context, work } = stageWork;
  const { name: stage, version } = plan;
  const { run, fresh = false } = input as StageInput;
  const inputs = dependenciesOf(plan, input);
  const outcome = (record: StageRecord, cache: CacheFinding): OutcomeOf<Plan> =>
    plan.outcome.parse({
      fingerprint: record.fingerprint,
      cache,
      outputs: record.outputs,
      summary: record.summary,
      seconds: record.timing.seconds,
      madeBy: record.madeBy,
      finishedAt: record.timing.finishedAt,
    } satisfies StageOutcome) as OutcomeOf<Plan>;
  const record = await store.readStage(stage, key);
  // What this very run made afresh before its attempt was cut off need not be made once more.
  const again = fresh && record?.madeBy !== run.runId;
  const doubt = again ? forced : record && (await doubtOf(store, record, stageWork));
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
    outputs: outputs as StageRecord['outputs'],
    summary: summary as StageRecord['summary'],
    environment: environment as StageRecord['environment'],
    madeBy: run.runId,
    timing: { startedAt: startedAt.toISOString(), finishedAt: new Date().toISOString(), seconds },
  };
  const committed = await store.commitStage(done);
  if (!again || record === undefined) return outcome(committed, { hit: false, why });
  const comparison = compare(record, done, stageWork.shows);
  context.tell({ notices: [`Stage ${stage} ${comparison}.`] });
  // What was forced tells of itself, even where an equal record stands.
  return outcome(done, { hit: false, why: `${why}; it ${comparison}` });
}

/** Why a record is not to be trusted. */
async function doubtOf(
  store: Store,
  record: StageRecord,
  { distrust }: Pick<StageWork<StagePlan>, 'distrust'>,
): Promise<string | undefined> {
  const problem = (await missingOutput(store, record)) ?? (await distrust?.(record));
  return problem && `${problem}: done again`;
}

/** Sets a record aside that cannot be read, and says so; undefined where there is none. */
async function unreadable(
  store: Store,
  { plan: { name: stage }, context }: Pick<StageWork<StagePlan>, 'plan' | 'context'>,
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
function compare(before: StageRecord, now: StageRecord, shows: string | undefined): string {
  const whose = `what run ${before.madeBy} had given`;
  if (sameOutputs(before, now)) return `gave ${whose}, whose record stands`;
  return shows === undefined
    ? `did not reproduce ${whose}: that record is set aside`
    : `replaces ${whose}, because it shows ${shows}`;
}
