import type { Client } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';

/** An activity that, as Temporal sees it, a worker is at. */
export interface HeldActivity {
  workflowId: string;
  runId: string;
  activityId: string;
  type: string;
  attempt: number;
  /** The worker's identity. */
  worker: string;
}

/** Those of temporal.api.enums.v1.PendingActivityState that mean so. */
const held = [2 /* started */, 3 /* cancel requested */, 5 /* pause requested */];

export async function heldActivities(
  { workflow }: Client,
  execution: { workflowId: string; runId: string },
): Promise<HeldActivity[]> {
  const { workflowId, runId } = execution;
  const { raw } = await workflow.getHandle(workflowId, runId).describe();
  return (raw.pendingActivities ?? [])
    .filter(({ state }) => held.includes(state ?? 0))
    .map(({ activityId, activityType, attempt, lastWorkerIdentity }) => ({
      workflowId,
      runId,
      activityId: activityId ?? '',
      type: activityType?.name ?? '',
      attempt: attempt ?? 1,
      worker: lastWorkerIdentity ?? '',
    }));
}

/**
 * Fails an activity on behalf of an attempt that cannot do so itself. Temporal cannot be told which
 * attempt is meant: one that began since the look ends, too, and is tried again, which costs at
 * most an epoch.
 */
export async function failHeld(
  { activity }: Client,
  { workflowId, runId, activityId }: HeldActivity,
  failure: ApplicationFailure,
): Promise<void> {
  await activity.fail({ workflowId, runId, activityId }, failure);
}
