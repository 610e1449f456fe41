import { DamagedBlob } from '@atelier/artifacts';
import { UserError, WorldError } from '@atelier/errors';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { failureTypes } from '../failure-types.ts';

/**
 * An error of the stages as one that Temporal retries or not. What is neither the user's nor the
 * world's is a bug: it is retried, because retrying is cheap, and keeps its name.
 */
export function translateFailure(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return cancellation(signal);
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (error instanceof DamagedBlob) return fail(failureTypes.damaged, error, true);
  const known = fileFailure(error) ?? error;
  if (known instanceof UserError) return fail(failureTypes.user, known, true);
  if (known instanceof WorldError) return fail(failureTypes.world, known, false);
  return known;
}

// A worker that shuts down gives its work back: reported as cancelled, it would be lost.
function cancellation(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  const shutdown = reason instanceof Error && reason.message === 'WORKER_SHUTDOWN';
  if (shutdown) return fail(failureTypes.shutdown, new Error('The worker was shut down.'), false);
  // Of an attempt that was paused or reset, too: the SDK makes that a failure which is retried.
  return reason instanceof CancelledFailure ? reason : new CancelledFailure(String(reason));
}

/** Without a stack trace: the message says all there is to say, here and in the Temporal UI. */
function fail(type: string, { message }: Error, nonRetryable: boolean): ApplicationFailure {
  const failure = ApplicationFailure.create({ message, type, nonRetryable });
  failure.stack = '';
  return failure;
}

function fileFailure(error: unknown): UserError | WorldError | undefined {
  const { code, path, message } = error as NodeJS.ErrnoException;
  const where = path === undefined ? {} : { where: path };
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new WorldError({
      what: 'The disk is full.',
      ...where,
      found: message,
      remedy: 'free space; the stage is retried',
    });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new UserError({
      what: 'The worker may not use this file or folder.',
      ...where,
      found: message,
      remedy: 'give the user that runs the worker access to it, then retry',
    });
  return undefined;
}
