import { bounded, printable } from '@atelier/text';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import { failureTypes } from '../names.ts';
import type { Attention, FailureDetails } from '../progress.ts';

/** A failed activity's own failure, without Temporal's wrapping. */
export function explain(error: unknown): Omit<Attention, 'stage'> {
  const cause = error instanceof ActivityFailure ? (error.cause ?? error) : error;
  if (cause instanceof ApplicationFailure) {
    const [details] = (cause.details ?? []) as [FailureDetails?];
    return { kind: cause.type ?? 'Error', message: cause.message, ...details };
  }
  if (cause instanceof TimeoutFailure) {
    const what =
      cause.timeoutType === 'HEARTBEAT'
        ? 'The worker that ran this stage stopped answering.'
        : 'The stage took longer than it may.';
    return { kind: failureTypes.world, message: what };
  }
  return { kind: 'Error', message: cause instanceof Error ? cause.message : String(cause) };
}

/** True for a failure of this type, thrown here or in an activity. */
export const isFailure = (error: unknown, type: string): boolean => explain(error).kind === type;

/** The failure that an aborted run ends with. */
export const aborted = (reason: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(printable(bounded(reason, 2_000)), failureTypes.aborted);
