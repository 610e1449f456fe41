import {
  type BlobRef,
  DamagedBlob,
  fingerprint,
  type Json,
  type StageRecord,
  type StageSchemas,
  type Store,
  sameOutputs,
} from '@atelier/artifacts';
import { withoutAddedDefaults } from '@atelier/settings';
import type { z } from 'zod';
import { WrongArtifact } from '../recorded-artifacts.ts';
import type { StageContext } from '../stage-activity/stage-activity.ts';
import type {
  CacheFinding,
  Dependencies,
  OutcomeOf,
  StageInput,
  StageOutcome,
  StagePlan,
} from '../stages/plan.ts';
import { explainMiss } from './explain-miss.ts';
import { inTurn } from './in-turn.ts';

type Outputs = StageRecord['outputs'];

/** A stage's plan, as far as the cache needs it. */
interface CachedPlan<Input extends StageInput, Made extends Outputs, Summary>
  extends Pick<StagePlan, 'name' | 'version'> {
  input: z.ZodType<Input>;
  dependsOn(input: Omit<Input, 'run'>): Dependencies;
  record: StageSchemas<Made, Summary>;
}

interface StageWork<Input extends StageInput, Made extends Outputs, Summary> {
  plan: CachedPlan<Input, Made, Summary>;
  input: Input;
  context: Pick<StageContext, 'signal' | 'tell' | 'code'>;
  /** What the outputs show that the inputs do not decide, where there is such a thing. */
  shows?: string;
  /**
   * Holds a record against what it names, and against what the work was made of.
   * @throws WrongArtifact for a record that is wrong; DamagedBlob or WorkLeft where it is right, but
   *   what it promises is not there any more
   */
  check(record: StageRecord<Made, Summary>): Promise<void>;
  work(fingerprint: string): Promise<StageResult<Made, Summary>>;
}

interface StageResult<Made, Summary> {
  outputs: Made;
  summary: Summary;
  environment?: Json;
  /** Time spent on this work before this attempt. */
  earlierSeconds?: number;
  /** Time of this attempt in which it could not work. */
  waitedSeconds?: number;
}

/** What a stage's work gives. */
export type ResultOf<Plan extends { outcome: z.ZodType<StageOutcome> }> = StageResult<
  OutcomeOf<Plan>['outputs'],
  OutcomeOf<Plan>['summary']
>;

/** Work is to be done although its record is right; the message says why, as in "… is missing". */
export class WorkLeft extends Error {}

const forced = 'forced by --fresh';

/** Characters; a record's problem or its inputs are quoted in it. */
const longestReason = 1_000;

/**
 * What a stage's results depend on, and nothing else. A field that was added with a default that
 * means "as before" is left out while it has that default: see decision 18.
 */
export const dependenciesOf = <Input extends StageInput>(
  plan: Pick<CachedPlan<Input, Outputs, unknown>, 'input' | 'dependsOn'>,
  input: Omit<NoInfer<Input>, 'run'>,
): Dependencies => withoutAddedDefaults(plan.input, plan.dependsOn(input));

/** Names a stage's work: equal fingerprint, same work. */
export const stageFingerprint = <Input extends StageInput>(
  plan: Omit<CachedPlan<Input, Outputs, unknown>, 'record'>,
  input: Omit<NoInfer<Input>, 'run'>,
): string =>
  fingerprint({ stage: plan.name, version: plan.version, inputs: dependenciesOf(plan, input) });

/**
 * Does a stage's work unless its record exists: the record is the commit point. A record whose
 * artifacts are gone promises nothing, and the work is done again. Equal work that this process is
 * at is waited for.
 */
export function throughCache<Input extends StageInput, Made extends Outputs, Summary>(
  store: Store,
  stageWork: StageWork<Input, Made, Summary>,
): Promise<StageOutcome<Made, Summary>> {
  const key = stageFingerprint(stageWork.plan, stageWork.input);
  const { signal, tell } = stageWork.context;
  const waiting = (): void => tell({ doing: 'waiting for another run that does the same' });
  return inTurn(key, signal, () => foundOrDone(store, stageWork, key), waiting);
}

async function foundOrDone<Input extends StageInput, Made extends Outputs, Summary>(
  store: Store,
  stageWork: StageWork<Input, Made, Summary>,
  key: string,
): Promise<StageOutcome<Made, Summary>> {
  const { plan, input, context, work } = stageWork;
  const { name: stage, version } = plan;
  const { run, fresh = false } = input;
  const inputs = dependenciesOf(plan, input);
  const outcome = (
    { timing, ...record }: StageRecord<Made, Summary>,
    cache: CacheFinding,
  ): StageOutcome<Made, Summary> => ({
    fingerprint: record.fingerprint,
    cache,
    outputs: record.outputs,
    summary: record.summary,
    seconds: timing.seconds,
    madeBy: record.madeBy,
    finishedAt: timing.finishedAt,
  });
  const record = await store.readStage(plan.record, key);
  // What this very run made afresh before its attempt was cut off need not be made once more.
  const again = fresh && record?.madeBy !== run.runId;
  const doubt = again ? forced : record && (await doubtOf(store, record, stageWork));
  if (record !== undefined && doubt === undefined)
    return outcome(record, { hit: true, why: `done by run ${record.madeBy}` });
  const unread = record === undefined ? await unreadable(store, plan, context, key) : undefined;
  const nearest = async () =>
    explainMiss(stage, { version, inputs }, await store.recentStages(stage, 20));
  const why = (doubt ?? unread ?? (await nearest())).slice(0, longestReason);

  const startedAt = new Date();
  const started = performance.now();
  const result = await work(key);
  const { outputs, summary, environment = null, earlierSeconds = 0, waitedSeconds = 0 } = result;
  const seconds = (performance.now() - started) / 1000 - waitedSeconds + earlierSeconds;
  const done: StageRecord<Made, Summary> = {
    schemaVersion: 1,
    stage,
    fingerprint: key,
    version,
    inputs,
    outputs,
    summary,
    environment,
    code: context.code,
    madeBy: run.runId,
    timing: { startedAt: startedAt.toISOString(), finishedAt: new Date().toISOString(), seconds },
  };
  const committed = await store.commitStage(plan.record, done);
  // An equal record that was quicker is only looked at by the next run: its numbers are not passed on.
  if (!again || record === undefined)
    return outcome({ ...committed, summary }, { hit: false, why });
  const comparison = compare(record, done, stageWork.shows);
  context.tell({ notices: [`Stage ${stage} ${comparison}.`] });
  // What was forced tells of itself, even where an equal record stands.
  return outcome(done, { hit: false, why: `${why}; it ${comparison}` });
}

/** Why a record is not taken for the work. One that is wrong is set aside, and told of. */
async function doubtOf<Made extends Outputs, Summary>(
  store: Store,
  record: StageRecord<Made, Summary>,
  { plan, context, check }: StageWork<StageInput, Made, Summary>,
): Promise<string | undefined> {
  try {
    const missing = await missingOutput(store, record);
    if (missing !== undefined) return `${missing}: done again`;
    await check(record);
    return undefined;
  } catch (error) {
    if (error instanceof WorkLeft) return `${error.message}: done again`;
    if (error instanceof WrongArtifact) {
      const aside = await store.setStageAside(plan.record, record);
      context.tell({ notices: [unused(plan.name, error.problem, aside)] });
      return `its record was wrong (${error.problem}): done again`;
    }
    const damaged = error instanceof DamagedBlob && nameOf(record, error.ref);
    if (damaged) return `its artifact ${damaged} is ${error.fault}: done again`;
    throw error;
  }
}

const nameOf = ({ outputs }: StageRecord, { sha256 }: BlobRef): string | undefined =>
  Object.keys(outputs).find((name) => outputs[name]!.sha256 === sha256);

const unused = (stage: string, problem: string, aside: string | undefined): string =>
  `The record of stage ${stage} is not used (${problem}); ${aside === undefined ? 'another has taken its place' : `it lies in ${aside}`}.`;

/** Sets a record aside that cannot be read, and says so; undefined where there is none. */
async function unreadable(
  store: Store,
  plan: Pick<StagePlan, 'name' | 'record'>,
  { tell }: Pick<StageContext, 'tell'>,
  key: string,
): Promise<string | undefined> {
  const found = await store.setUnreadableStageAside(plan.record, key);
  if (found === undefined) return undefined;
  tell({ notices: [unused(plan.name, found.problem, found.aside)] });
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
