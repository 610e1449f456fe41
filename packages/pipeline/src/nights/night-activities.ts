import { Context } from '@temporalio/activity';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { failureTypes, runIdOf, workflowIdOf } from '../names.ts';
import { searchable } from '../searchable.ts';
import type { RunIdentity } from '../stages/index.ts';
import { nextNight, progressQuery } from '../workflow/messages.ts';
import { matchingTimes } from './past-nights.ts';
import { describeSchedule, nightOf, scheduleNameOf, whenOf } from './schedules.ts';
import { firstOfTwice } from './zone.ts';

interface DueNight {
  scheduleId: string;
  run: RunIdentity;
  /** When the schedule meant the run to start; ISO 8601. */
  due: string;
}

/** How a night stands to the others of its schedule. */
export interface EarlierNights {
  /** The runs that began before it and are not over. */
  earlier: string[];
  /** The run of the same night, where its local time came twice. */
  twin?: string;
}

export interface NightActivities {
  /** Tells the nights before this one that it is due; see the signal `nextNight`. */
  announceNight(night: DueNight): Promise<EarlierNights>;
  /** Returns once each of these runs is over or parked; until then, every attempt fails. */
  awaitNights(runIds: readonly string[]): Promise<void>;
}

export const nightActivities: NightActivities = {
  async announceNight({ scheduleId, run, due }) {
    const { client, info } = Context.current();
    const twin = await twinOf(client, info.namespace, scheduleId, new Date(due));
    if (twin !== undefined) return { earlier: [], twin };
    const query = `TemporalScheduledById = "${scheduleId}" AND ExecutionStatus = "Running"`;
    const earlier: string[] = [];
    for await (const other of client.workflow.list({ query })) {
      const { workflowId, startTime, searchAttributes } = other;
      if (!beganBefore({ workflowId, startedAt: startTime.toISOString() }, run)) continue;
      earlier.push(runIdOf(workflowId));
      const [time] = searchAttributes.TemporalScheduledStartTime ?? [];
      // One that a backfill makes up for is not overtaken by an older one.
      if (time instanceof Date && time < new Date(due)) await tell(client, workflowId, run.runId);
    }
    return { earlier: earlier.sort() };
  },
  async awaitNights(runIds) {
    const { client } = Context.current();
    for (const runId of runIds)
      if (await goesOn(client, runId))
        throw ApplicationFailure.create({
          message: `${runId} goes on.`,
          type: failureTypes.nightGoesOn,
          // Not a failure that anybody has to read of.
          category: ApplicationFailureCategory.BENIGN,
        });
  },
};

type Began = Pick<RunIdentity, 'workflowId' | 'startedAt'>;

const beganBefore = (one: Began, other: Began): boolean =>
  one.startedAt === other.startedAt
    ? one.workflowId < other.workflowId
    : one.startedAt < other.startedAt;

async function tell(client: Client, workflowId: string, runId: string): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId).signal(nextNight, runId);
  } catch (error) {
    // It is over by now.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/**
 * The night whose local time came before this one's, by the same clock, an hour earlier. Temporal
 * starts both in some zones (America's), in others only the second (Europe's, Australia's). A
 * schedule for every hour means both.
 */
async function twinOf(
  client: Client,
  namespace: string,
  scheduleId: string,
  due: Date,
): Promise<string | undefined> {
  const name = scheduleNameOf(scheduleId);
  const found = await describeSchedule(client, name);
  const { cron, timezone } = found ? whenOf(found) : {};
  if (cron?.fields === undefined || timezone === undefined) return undefined;
  if (cron.fields.hours.size === 24) return undefined;
  const first = firstOfTwice(timezone, due);
  if (first === undefined) return undefined;
  const before = new Date(first.getTime() - 1_000);
  const times = await matchingTimes(client, namespace, scheduleId, before, first);
  const isNight = times.some((time) => time.getTime() === first.getTime());
  return isNight ? nightOf(name, first) : undefined;
}

/** Neither over nor parked, as the run itself says, or what it is searched by. */
async function goesOn(client: Client, runId: string): Promise<boolean> {
  const handle = client.workflow.getHandle(workflowIdOf(runId));
  try {
    const { status, typedSearchAttributes } = await handle.describe();
    if (status.name !== 'RUNNING') return false;
    if (typedSearchAttributes.get(searchable.attention) !== undefined) return false;
    const progress = await handle.query(progressQuery, Number.MAX_SAFE_INTEGER);
    return progress.status !== 'parked';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
