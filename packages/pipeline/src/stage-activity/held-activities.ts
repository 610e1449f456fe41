import type { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { failureTypes } from '../names.ts';
import { tryAgain } from './translate-failure.ts';

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

/** The values of temporal.api.enums.v1.PendingActivityState that mean so. */
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

/**
 * Hands in the end of an attempt that a person has reset. A reset sets the count of attempts back
 * to one while, say, the third runs: Temporal (1.31) then no longer knows the third, refuses
 * whatever it says, and would wait for the heartbeats of a first that nobody runs.
 * @param worker this worker's identity
 */
export async function answerReset({ client, info }: Context, worker: string): Promise<void> {
  const held = await heldActivities(client, info.workflowExecution!);
  const reset = held.find(({ activityId }) => activityId === info.activityId);
  // A higher number is a later attempt, and another worker's is none of this one's business.
  if (reset === undefined || reset.attempt >= info.attempt || reset.worker !== worker) return;
  await failHeld(client, reset, tryAgain(failureTypes.reset, 'The stage was reset.'));
}
