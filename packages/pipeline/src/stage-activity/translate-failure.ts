import { DamagedBlob } from '@atelier/artifacts';
import { ContractViolation } from '@atelier/data/compare-datasets';
import { UserError, WorldError } from '@atelier/errors';
import { explainFileError } from '@atelier/files';
import { bounded, printable } from '@atelier/text';
import {
  type ActivityCancellationDetails,
  ApplicationFailure,
  CancelledFailure,
} from '@temporalio/common';
import { failureTypes } from '../names.ts';
import type { FailureDetails } from '../progress.ts';

/**
 * An error of the stages as one that Temporal retries or not. What is neither the user's nor the
 * world's is a bug: it is retried, because retrying is cheap, and keeps its name.
 * @param asked why the signal is aborted, as far as Temporal said
 */
export function translateFailure(
  error: unknown,
  signal: AbortSignal,
  asked?: Pick<ActivityCancellationDetails, 'paused' | 'reset'>,
): unknown {
  if (signal.aborted) return interruption(signal, asked);
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (error instanceof DamagedBlob) return fail(failureTypes.damaged, error, true);
  const known = explainFileError(error);
  if (known instanceof ContractViolation) return fail(failureTypes.contract, known, true);
  if (known instanceof UserError) return fail(failureTypes.user, known, true);
  if (known instanceof WorldError) return fail(failureTypes.world, known, false);
  // A library's words, which may be a server's.
  if (known instanceof Error) known.message = printable(bounded(known.message, 10_000));
  return known;
}

/** A cancelled attempt is lost for good; any other interrupted one is tried again. */
function interruption(
  { reason }: AbortSignal,
  asked: Parameters<typeof translateFailure>[2],
): Error {
  if (reason instanceof Error && reason.message === 'WORKER_SHUTDOWN')
    return tryAgain(failureTypes.shutdown, 'The worker was shut down.');
  if (asked?.reset) return tryAgain(failureTypes.reset, 'The stage was reset.');
  if (asked?.paused) return tryAgain(failureTypes.paused, 'The stage was paused.');
  return reason instanceof CancelledFailure ? reason : new CancelledFailure(String(reason));
}

/** A failure of an attempt that could not help it: the growing pauses are for those that could. */
export function tryAgain(type: string, message: string): ApplicationFailure {
  return untraced(ApplicationFailure.create({ message, type, nextRetryDelay: '1s' }));
}

function fail(type: string, error: Error, nonRetryable: boolean): ApplicationFailure {
  const { mendedBy, remedy } = (error as Partial<UserError>).failure ?? {};
  const said: FailureDetails = {
    ...(mendedBy === undefined ? {} : { mendedBy }),
    ...(remedy === undefined ? {} : { remedy: printable(bounded(remedy, 1_000)) }),
  };
  const details = Object.keys(said).length === 0 ? [] : [said];
  return untraced(
    ApplicationFailure.create({ message: error.message, type, nonRetryable, details }),
  );
}

/** The message says all there is to say, here and in the Temporal UI. */
function untraced(failure: ApplicationFailure): ApplicationFailure {
  failure.stack = '';
  return failure;
}
