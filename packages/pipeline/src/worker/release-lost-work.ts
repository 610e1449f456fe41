import type { Client } from '@temporalio/client';
import type { Logger } from '@temporalio/worker';
import { failureTypes, pruneType, workflowType } from '../names.ts';
import { failHeld, type HeldActivity, heldActivities } from '../stage-activity/held-activities.ts';
import { tryAgain } from '../stage-activity/translate-failure.ts';
import { goneWorker } from './worker-identity.ts';

/**
 * Fails what workers of this machine held when they died, so that it is tried again within a
 * second; without this, it waits for the heartbeats that a process which is gone cannot send.
 */
export async function releaseLostWork(client: Client, logger: Logger): Promise<void> {
  const query = `WorkflowType IN ("${workflowType}", "${pruneType}") AND ExecutionStatus = "Running"`;
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    const release = async (activity: HeldActivity): Promise<void> => {
      const worker = goneWorker(activity.worker);
      if (worker === undefined) return;
      const message = `The worker that ran this stage is gone: process ${worker} died or was killed.`;
      await failHeld(client, activity, tryAgain(failureTypes.lost, message));
      const { type: activityType } = activity;
      logger.warn('The work of a dead worker is tried again', { workflowId, activityType, worker });
    };
    // Another worker that started may have been faster, or the run is over by now.
    try {
      for (const activity of await heldActivities(client, { workflowId, runId }))
        await release(activity);
    } catch (error) {
      logger.warn('Work of a dead worker could not be released', { workflowId, error });
    }
  }
}
