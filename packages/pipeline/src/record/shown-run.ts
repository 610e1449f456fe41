import type { Client } from '@temporalio/client';
import type { RunHandle } from '../commands/find-run.ts';
import type { Progress } from '../progress.ts';
import type { Store } from '../run-store.ts';
import { type StageVerdict, stageNames, verdictOfRun } from '../stages/index.ts';
import { progressQuery } from '../workflow/messages.ts';
import { changedSettings } from './changed-settings.ts';
import { type Note, readNotes } from './notes.ts';
import { numbersOfRecord, readRunRecord } from './read-run-record.ts';
import type { RunRecord } from './run-record-schema.ts';
import { isOpen } from './run-status.ts';
import { readTags } from './tags.ts';
import { type Standing, standingOf } from './temporal-runs.ts';
import { type StageTime, timelineOf, withPending } from './timeline.ts';

/** One stage of a run, as far as it is known. */
export interface ShownStage extends Partial<Omit<StageTime, 'stage'>> {
  stage: string;
  state: string;
  /** Seconds of the work, which for a hit was done in an earlier run. */
  seconds?: number;
  fingerprint?: string;
  hit?: boolean;
  why?: string;
}

/** All that is known of a run. */
export interface ShownRun extends Pick<Standing, 'status' | 'why' | 'finishedAt'> {
  record: RunRecord;
  changed: Record<string, unknown>;
  results: Record<string, number>;
  stages: ShownStage[];
  notices: readonly string[];
  tags: string[];
  notes: Note[];
  verdict?: StageVerdict;
  /** What an open run says of itself, where a worker answers. */
  progress?: Progress;
}

/**
 * A run as its record and, while it is open by that, Temporal know it.
 * @param client undefined where Temporal does not answer
 * @throws UserError where there is no record that can be read
 */
export async function shownRun(
  store: Store,
  client: Client | undefined,
  runId: string,
  handle: RunHandle | undefined,
): Promise<ShownRun> {
  const record = await readRunRecord(store, runId);
  const live = client && isOpen(record.status) ? await lookAt(client, record, handle) : undefined;
  const { standing = record, progress, timeline = record.timeline } = live ?? {};
  // The record has the whole reason of what Temporal knows by a word.
  const why = standing.status === record.status ? (record.why ?? standing.why) : standing.why;
  const { finishedAt = record.finishedAt } = standing;
  const verdict = verdictOfRun(record.stages) ?? progress?.verdict;
  const [tags, notes] = await Promise.all([readTags(store), readNotes(store, runId)]);
  return {
    ...{ record, status: standing.status },
    ...(why && { why }),
    ...(finishedAt && { finishedAt }),
    changed: record.changed ?? changedSettings(record.configuration),
    results: numbersOfRecord(record),
    stages: stagesOf(record, timeline, progress, standing),
    notices: progress?.notices ?? record.notices,
    tags: tags.flatMap((tag) => (tag.runId === runId ? [tag.name] : [])),
    notes,
    ...(verdict && { verdict }),
    ...(progress && { progress }),
  };
}

const answerTime = 5_000;

/** What Temporal knows of a run that is open by its record. */
async function lookAt(client: Client, record: RunRecord, handle: RunHandle | undefined) {
  const standing = await standingOf(client, record);
  if (handle === undefined) return { standing };
  const timeline = await liveTimeline(handle).catch(() => undefined);
  const ask = () => handle.query(progressQuery, Number.MAX_SAFE_INTEGER);
  const progress = isOpen(standing.status)
    ? await client.connection.withDeadline(Date.now() + answerTime, ask).catch(() => undefined)
    : undefined;
  const known = { ...(timeline && { timeline }), ...(progress && { progress }) };
  if (progress?.status !== 'parked' || progress.attention === undefined)
    return { standing, ...known };
  const { stage, kind, message, remedy } = progress.attention;
  const why = { stage, kind, message, ...(remedy === undefined ? {} : { remedy }) };
  return { standing: { status: 'parked' as const, stage, why }, ...known };
}

async function liveTimeline(handle: RunHandle): Promise<StageTime[]> {
  const [history, { raw }] = await Promise.all([handle.fetchHistory(), handle.describe()]);
  return withPending(timelineOf(history), raw.pendingActivities ?? []);
}

/** The stages in the order of a run, those of other versions last. */
function stagesOf(
  { stages }: RunRecord,
  timeline: readonly StageTime[],
  progress: Progress | undefined,
  standing: Pick<Standing, 'status' | 'why' | 'stage'>,
): ShownStage[] {
  const at = standing.stage ?? standing.why?.stage;
  const others = [...Object.keys(stages), ...timeline.map(({ stage }) => stage)];
  return [...new Set([...stageNames, ...others])].map((stage) => {
    const time = timeline.find((one) => one.stage === stage);
    const live = progress?.stages.find((one) => one.stage === stage);
    const done = stages[stage];
    const { hit, why, seconds } = { ...done?.cache, ...done, ...live };
    const state = live?.state ?? (done ? 'done' : stage === at ? standing.status : 'not begun');
    const { fingerprint } = done ?? {};
    return {
      ...time,
      ...{ stage, state },
      ...(seconds !== undefined && { seconds }),
      ...(fingerprint && { fingerprint }),
      ...(hit !== undefined && { hit }),
      ...(why && { why }),
    };
  });
}
