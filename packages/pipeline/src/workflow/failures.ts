import { bounded, printable } from '@atelier/text';
import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  isCancellation,
  TimeoutFailure,
} from '@temporalio/workflow';
import { failureTypes } from '../names.ts';
import type { Attention, FailureDetails } from '../progress.ts';
import { endingOfFailure, type Why } from '../record/run-status.ts';
import type { CloseInput } from '../run-record.ts';

/** A failed activity's or run's own failure, without Temporal's wrapping. */
export function explain(error: unknown): Omit<Attention, 'stage'> {
  let cause = error;
  while (cause instanceof ActivityFailure || cause instanceof ChildWorkflowFailure) {
    if (cause.cause === undefined) break;
    cause = cause.cause;
  }
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

/** A failure as a run's record has it. */
export const whyOf = ({ stage, kind, message, remedy }: Attention): Why => ({
  ...{ stage, kind, message },
  ...(remedy === undefined ? {} : { remedy }),
});

/**
 * How a run ends that does not finish.
 * @param stage where it stood
 */
export function endingOf(
  error: unknown,
  stage: string,
): Required<Pick<CloseInput, 'status' | 'why'>> {
  if (isCancellation(error))
    return { status: 'cancelled', why: { stage, kind: 'Cancelled', message: 'It was cancelled.' } };
  const failure = explain(error);
  const status = endingOfFailure(failure.kind);
  return { status, why: whyOf({ stage, ...failure }) };
}

/** The failure that a night ends with whose time is over. */
export const overtaken = (type: 'gaveWay' | 'skipped', reason: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(printable(bounded(reason, 10_000)), failureTypes[type]);

/** The failure that a run ends with which waits for nobody. What is damaged is not repaired once more. */
export const gaveUp = ({
  kind,
  message,
  ...details
}: Omit<Attention, 'stage'>): ApplicationFailure =>
  ApplicationFailure.create({
    ...{ message, nonRetryable: true, details: [details] },
    type: kind === failureTypes.user ? kind : failureTypes.world,
  });
