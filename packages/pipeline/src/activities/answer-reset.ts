import type { Context } from '@temporalio/activity';
import { failureTypes } from '../failure-types.ts';
import { failHeld, heldActivities } from '../held-activities.ts';
import { tryAgain } from './translate-failure.ts';

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
