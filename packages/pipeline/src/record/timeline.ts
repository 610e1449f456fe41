import { bounded, printable } from '@atelier/text';
import type { WorkflowHandle } from '@temporalio/client';
import { z } from 'zod';
import { failureTypes } from '../names.ts';
import { stagePlans } from '../stages/index.ts';

/** What became of a run's attempts at one of its stages, those after a retry or a repair included. */
export const stageTimeSchema = z.object({
  stage: z.string(),
  /** When the first attempt was due. */
  startedAt: z.string(),
  /** When the stage was done; absent where it was not. */
  finishedAt: z.string().optional(),
  /** That it was worked on or waited for an attempt; not while the run was parked. */
  seconds: z.number(),
  attempts: z.int(),
  /** Those that Temporal remembers: of attempts that followed each other the last one. */
  failures: z.array(z.object({ kind: z.string(), message: z.string() })),
});

export type StageTime = z.infer<typeof stageTimeSchema>;

const mostFailures = 10;
/** Characters of a failure's message. */
const longestMessage = 1_000;

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type Event = NonNullable<History['events']>[number];
type Failure = NonNullable<NonNullable<Event['activityTaskStartedEventAttributes']>['lastFailure']>;

/**
 * How a run's stages went, from its history: Temporal alone knows of the attempts of a worker that
 * was killed. An attempt that is going on is not in it.
 */
export function timelineOf({ events }: History): StageTime[] {
  const times = new Map<string, StageTime>();
  const scheduled = new Map<string, { time: StageTime; at: number }>();
  for (const event of events ?? []) {
    const at = millisecondsOf(event);
    const due = event.activityTaskScheduledEventAttributes;
    const stage = stagePlans.find(({ activity }) => activity === due?.activityType?.name)?.name;
    if (stage !== undefined) {
      const begun = { startedAt: isoTime(at), seconds: 0, attempts: 0, failures: [] };
      const { finishedAt: _, ...time } = times.get(stage) ?? { stage, ...begun };
      times.set(stage, time);
      scheduled.set(String(event.eventId), { time, at });
      continue;
    }
    const started = event.activityTaskStartedEventAttributes;
    if (started) {
      const { time } = scheduled.get(String(started.scheduledEventId)) ?? {};
      if (time === undefined) continue;
      time.attempts += started.attempt ?? 1;
      addFailure(time, started.lastFailure);
      continue;
    }
    const { activityTaskFailedEventAttributes: failed, activityTaskTimedOutEventAttributes: late } =
      event;
    const done = event.activityTaskCompletedEventAttributes;
    const end = done ?? failed ?? late ?? event.activityTaskCanceledEventAttributes;
    const work = end && scheduled.get(String(end.scheduledEventId));
    if (!work) continue;
    work.time.seconds += (at - work.at) / 1000;
    if (done) work.time.finishedAt = isoTime(at);
    addFailure(work.time, failed?.failure ?? late?.failure);
  }
  return [...times.values()];
}

type Pending = NonNullable<
  Awaited<ReturnType<WorkflowHandle['describe']>>['raw']['pendingActivities']
>[number];

/** The same with the attempts that go on or are due, which a history does not hold yet. */
export function withPending(
  timeline: readonly StageTime[],
  pending: readonly Pending[],
  now = Date.now(),
): StageTime[] {
  return timeline.map((time) => {
    const activity = stagePlans.find(({ name }) => name === time.stage)?.activity;
    const waiting = pending.find(({ activityType }) => activityType?.name === activity);
    if (waiting === undefined) return time;
    const failures = [...time.failures];
    const attempts = time.attempts + (waiting.attempt ?? 1);
    const seconds = (now - Date.parse(time.startedAt)) / 1000;
    addFailure({ ...time, failures }, waiting.lastFailure);
    return { ...time, seconds, attempts, failures };
  });
}

/** A pause, a reset or a worker that was asked to end is nobody's failure. */
const asked: readonly string[] = [failureTypes.paused, failureTypes.reset, failureTypes.shutdown];

function addFailure({ failures }: StageTime, failure: Failure | null | undefined): void {
  if (!failure || failures.length >= mostFailures) return;
  const kind = failure.applicationFailureInfo?.type || failureTypes.world;
  const message = printable(bounded(failureWords(failure.message ?? ''), longestMessage));
  const isKnown = failures.some((known) => known.kind === kind && known.message === message);
  if (!asked.includes(kind) && !isKnown) failures.push({ kind, message });
}

/** Temporal's own words for a machine that was lost are none that a person would use. */
export const failureWords = (message: string): string =>
  /heartbeat timeout/i.test(message) ? 'the worker that ran it stopped answering' : message;

const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString();

function millisecondsOf({ eventTime }: Event): number {
  return Number(eventTime?.seconds ?? 0) * 1000 + Math.floor((eventTime?.nanos ?? 0) / 1e6);
}
