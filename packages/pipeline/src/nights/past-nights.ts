import type { Client, ScheduleDescription } from '@temporalio/client';
import { z } from 'zod';
import { runIdOf } from '../names.ts';
import { isOpen } from '../record/run-status.ts';
import type { Store } from '../run-store.ts';
import { pausesOf, wasPaused } from './pauses.ts';
import { nightOf, scheduleNameOf, whenOf } from './schedules.ts';
import { catchupHours } from './stopped-nights.ts';
import { gapNights, nightText } from './zone.ts';

/** A night that was due, and what came of it. */
export interface Night {
  /** ISO 8601; of a night in a zone's gap, which no clock shows, its date alone. */
  due: string;
  /** A run's status; skipped: without a run, on purpose; missed: nothing was there to start it. */
  outcome: string;
  runId?: string;
  why?: string;
  /** Hours after it was due that it was started, where that was noticed. */
  hoursLate?: number;
}

/** When a night was due, for people. */
export const dueText = (timezone: string, { due }: Night): string =>
  due.length > 10 ? nightText(timezone, new Date(due)) : due;

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** Nobody asks for what was longer ago. */
const longestLook = 60 * dayMs;
/** A night is started within seconds; what takes longer was made up for. */
const soon = 5 * 60_000;

/** The last nights of a schedule, newest first: those that have a run, and those that have none. */
export async function pastNights(
  services: { client: Client; namespace: string; store: Store },
  schedule: ScheduleDescription,
  count: number,
  now = new Date(),
): Promise<Night[]> {
  const since = new Date(now.getTime() - lookBack(schedule, count));
  const started = await startedNights(services, schedule, since);
  const expected = await expectedNights(services, schedule, since, now);
  const runs = [...started.values()].sort((a, b) => b.due.getTime() - a.due.getTime());
  const nights = await Promise.all(runs.slice(0, count).map((run) => nightWithRun(services, run)));
  // Temporal takes one night after the other: what it has passed over does not come any more.
  const [newest] = runs;
  const isPending = (due: Date): boolean =>
    now.getTime() - due.getTime() < soon && (newest === undefined || newest.due < due);
  const missing = expected
    .filter((due) => !started.has(due.getTime()))
    .map((due) => nightWithoutRun(services, schedule, due, isPending(due)));
  const all = [...nights, ...(await Promise.all(missing)), ...gaps(schedule, since, now)];
  return all.sort((a, b) => b.due.localeCompare(a.due)).slice(0, count);
}

/** Three times what so many nights take at the schedule's pace. */
function lookBack({ info: { nextActionTimes } }: ScheduleDescription, count: number): number {
  const [first, ...rest] = nextActionTimes;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return longestLook;
  const pace = (last.getTime() - first.getTime()) / rest.length;
  return Math.min(longestLook, 3 * count * pace);
}

interface StartedNight {
  due: Date;
  started: Date;
  runId: string;
  /** Temporal's word for how it stands. */
  state: string;
}

/** The runs that a schedule has started, by the time that they were due. */
async function startedNights(
  { client }: { client: Client },
  { scheduleId }: ScheduleDescription,
  since: Date,
): Promise<Map<number, StartedNight>> {
  const query = `TemporalScheduledById = "${scheduleId}" AND StartTime > "${since.toISOString()}"`;
  const found = new Map<number, StartedNight>();
  for await (const { workflowId, startTime, status, searchAttributes } of client.workflow.list({
    query,
  })) {
    const [time] = searchAttributes.TemporalScheduledStartTime ?? [];
    const due = time instanceof Date ? time : startTime;
    found.set(due.getTime(), {
      ...{ due, started: startTime, runId: runIdOf(workflowId), state: status.name },
    });
  }
  return found;
}

/** When nights were due since the schedule was last changed: before that it had other times. */
async function expectedNights(
  { client, namespace }: { client: Client; namespace: string },
  schedule: ScheduleDescription,
  since: Date,
  now: Date,
): Promise<Date[]> {
  const from = lastChangeOr(since, schedule);
  return matchingTimes(client, namespace, schedule.scheduleId, from, now);
}

const lastChangeOr = (since: Date, { info }: ScheduleDescription): Date =>
  new Date(Math.max(since.getTime(), (info.lastUpdatedAt ?? info.createdAt).getTime()));

/** The times of a schedule between two moments, as Temporal says. */
export async function matchingTimes(
  client: Client,
  namespace: string,
  scheduleId: string,
  from: Date,
  to: Date,
): Promise<Date[]> {
  const { startTime } = await client.workflowService.listScheduleMatchingTimes({
    ...{ namespace, scheduleId, startTime: stamp(from), endTime: stamp(to) },
  });
  return (startTime ?? []).map(({ seconds }) => new Date(1_000 * Number(seconds)));
}

/** As in google.protobuf.Timestamp. */
const stamp = (time: Date) => {
  const [seconds, ms] = [Math.floor(time.getTime() / 1_000), time.getTime() % 1_000];
  return { seconds: seconds as never, nanos: ms * 1_000_000 };
};

const recordSchema = z.looseObject({
  status: z.string(),
  why: z.looseObject({ message: z.string() }).optional(),
});

async function nightWithRun(
  { store }: { store: Store },
  { due, started, runId, state }: StartedNight,
): Promise<Night> {
  const record = (await store.readRunDocument(runId, 'run.json', recordSchema))?.value;
  const late = started.getTime() - due.getTime();
  const open = record === undefined || isOpen(record.status);
  // A run that something else ended could not write so.
  const outcome =
    open && state !== 'RUNNING' ? state.toLowerCase().replace('_', ' ') : record?.status;
  return {
    due: due.toISOString(),
    outcome: outcome ?? 'running',
    runId,
    ...(record?.why && { why: record.why.message }),
    ...(late > soon && { hoursLate: late / hourMs }),
  };
}

async function nightWithoutRun(
  { store }: { store: Store },
  { scheduleId, state }: ScheduleDescription,
  due: Date,
  isPending: boolean,
): Promise<Night> {
  const runId = nightOf(scheduleNameOf(scheduleId), due);
  // Temporal forgets runs; the store does not.
  const record = (await store.readRunDocument(runId, 'run.json', recordSchema))?.value;
  const night = { due: due.toISOString() };
  if (record !== undefined) return { ...night, outcome: record.status, runId };
  if (wasPaused(pausesOf(state.note), due))
    return { ...night, outcome: 'skipped', why: 'the schedule was paused' };
  if (state.paused && pausesOf(state.note).length === 0)
    return { ...night, outcome: 'skipped', why: 'the schedule is paused, not by this command' };
  if (isPending) return { ...night, outcome: 'due' };
  const why = `Temporal did not run within ${catchupHours} hours of it: stopped, or the machine slept`;
  return { ...night, outcome: 'missed', why };
}

function gaps(schedule: ScheduleDescription, since: Date, now: Date): Night[] {
  const { cron, timezone } = whenOf(schedule);
  if (cron?.fields === undefined) return [];
  const from = lastChangeOr(since, schedule);
  return gapNights(cron.fields, timezone, from, now).map(({ date, time }) => ({
    ...{ due: date, outcome: 'skipped', why: `there was no ${time} in ${timezone}` },
  }));
}
