import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Logger } from '@temporalio/worker';
import { failureTypes } from '../failure-types.ts';
import { workflowType } from '../names.ts';
import { goneWorker } from './worker-identity.ts';

/** Those of temporal.api.enums.v1.PendingActivityState that mean: a worker holds it. */
const held = [2 /* started */, 3 /* cancel requested */, 5 /* pause requested */];

/**
 * Fails what workers of this machine held when they died, so that it is tried again within a
 * second; without this, it waits for the heartbeats that a process which is gone cannot send.
 * Between the look and the failing another attempt may have begun: that one then ends early and is
 * tried again, which costs at most an epoch.
 */
export async function releaseLostWork(client: Client, logger: Logger): Promise<void> {
  const query = `WorkflowType = "${workflowType}" AND ExecutionStatus = "Running"`;
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
    for (const { activityId, activityType, ...pending } of raw.pendingActivities ?? []) {
      if (!activityId || !held.includes(pending.state ?? 0)) continue;
      const worker = goneWorker(pending.lastWorkerIdentity ?? '');
      if (worker === undefined) continue;
      await client.activity.fail({ workflowId, runId, activityId }, lost(worker));
      const stage = activityType?.name;
      logger.warn('The work of a dead worker is tried again', { workflowId, stage, worker });
    }
  }
}

function lost(worker: number): ApplicationFailure {
  const failure = ApplicationFailure.create({
    message: `The worker that ran this stage is gone: process ${worker} died or was killed.`,
    type: failureTypes.lost,
    // Whatever starts dead workers again has a backoff of its own.
    nextRetryDelay: '1s',
  });
  failure.stack = '';
  return failure;
}
