import type { Client, ScheduleDescription } from '@temporalio/client';
import { pipelineQueue, pruneType } from '../names.ts';
import type { Cron } from '../nights/cron.ts';
import { pruneName, scheduleIdOf, specOf } from '../nights/schedules.ts';
import type { pruneRuns } from '../workflow/index.ts';
import { keepingSchema, type PruneResult } from './prune-activities.ts';
import type { Keeping } from './removable-runs.ts';

/** What the weekly removal keeps, as its schedule says; undefined where another version made it. */
export const keepingOf = ({ action }: ScheduleDescription): Keeping | undefined =>
  keepingSchema.safeParse(action.args?.[0]).data;

/** Makes the schedule of the removal, or puts another in its place. */
export async function schedulePrune(
  client: Client,
  before: ScheduleDescription | undefined,
  when: { cron: Cron; timezone: string },
  keeping: Keeping,
): Promise<void> {
  const scheduleId = scheduleIdOf(pruneName);
  const action = {
    type: 'startWorkflow' as const,
    workflowType: pruneType,
    workflowId: pruneName,
    taskQueue: pipelineQueue,
    args: [keeping] as [Keeping],
    staticSummary: `Removal of old runs, but the newest ${keeping.keepLast} and those of ${keeping.keepDays} days`,
  };
  const spec = specOf(when);
  // One at a time, and one that the machine slept through is made up for until the next.
  const policies = { overlap: 'SKIP' as const, catchupWindow: '6 days' as const };
  if (before === undefined) {
    await client.schedule.create<typeof pruneRuns>({ scheduleId, spec, action, policies });
    return;
  }
  await client.schedule
    .getHandle(scheduleId)
    .update<typeof pruneRuns>(({ state }) => ({ spec, action, policies, state }));
}

/** A removal that was due, and what came of it. */
export interface PastPrune {
  /** ISO 8601. */
  due: string;
  /** As Temporal calls it: completed, failed, running, … */
  outcome: string;
  result?: PruneResult;
  why?: string;
}

/** The last removals, newest first. */
export async function pastPrunes(
  client: Client,
  { info }: ScheduleDescription,
  count: number,
): Promise<PastPrune[]> {
  const last = info.recentActions.slice(-count).reverse();
  return Promise.all(
    last.map(async ({ scheduledAt, action: { workflow } }): Promise<PastPrune> => {
      const due = scheduledAt.toISOString();
      const handle = client.workflow.getHandle<typeof pruneRuns>(
        ...([workflow.workflowId, workflow.firstExecutionRunId] as const),
      );
      const description = await handle.describe().catch(() => undefined);
      // Temporal keeps them for a year.
      if (description === undefined) return { due, outcome: 'forgotten' };
      const outcome = description.status.name.toLowerCase().replace('_', ' ');
      if (outcome === 'running') return { due, outcome };
      return handle.result().then(
        (result) => ({ due, outcome, result }),
        (error: Error) => ({ due, outcome, why: reasonOf(error) }),
      );
    }),
  );
}

/** The innermost cause says what happened. */
function reasonOf(error: Error): string {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error ? reasonOf(cause) : error.message;
}
