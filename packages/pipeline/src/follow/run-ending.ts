import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '@atelier/errors';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import {
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import type { RunHandle } from '../commands/find-run.ts';
import { runIdOf } from '../names.ts';
import type { Attention } from '../progress.ts';
import { endingOfFailure } from '../record/run-status.ts';
import type { RunResult } from '../stages/index.ts';

/** How a run ended, and whether Temporal has forgotten it since. */
export type RunEnding =
  | { kind: 'finished'; result: RunResult; isForgotten?: boolean }
  | {
      kind: 'aborted' | 'cancelled' | 'failed' | 'skipped' | 'terminated' | 'timed out';
      message: string;
    };

/** How following ended: with the run, or because the run waits for a person. */
export type Ending = RunEnding | { kind: 'parked'; attention: Attention };

const patience = 1_000;

/**
 * Waits for the end of a run, also while Temporal is away for a moment.
 * @throws UserError where Temporal has forgotten the run
 */
export async function awaitEnding(
  handle: Pick<RunHandle, 'workflowId' | 'result'>,
): Promise<RunEnding> {
  for (;;) {
    try {
      return { kind: 'finished', result: await handle.result() };
    } catch (error) {
      if (error instanceof WorkflowFailedError) return explainEnding(error);
      if (error instanceof WorkflowNotFoundError) throw forgotten(handle);
      await sleep(patience);
    }
  }
}

/** What to say of a run whose history is gone while somebody follows it. */
export const forgotten = ({ workflowId }: Pick<RunHandle, 'workflowId'>): UserError =>
  new UserError({
    what: `Temporal no longer knows run ${runIdOf(workflowId)}.`,
    found:
      'no history of it: the folder of the local stack was removed, or Temporal has kept the run as long as it keeps them',
    remedy: 'start it again: stages and epochs that the store still has are not done again',
  });

function explainEnding({ cause }: WorkflowFailedError): RunEnding {
  if (cause instanceof CancelledFailure) return { kind: 'cancelled', message: 'It was cancelled.' };
  if (cause instanceof TerminatedFailure)
    return { kind: 'terminated', message: terminationText(cause.message) };
  if (cause instanceof TimeoutFailure)
    return { kind: 'timed out', message: 'It took longer than it was allowed to take.' };
  const inner = cause?.cause instanceof ApplicationFailure ? cause.cause : cause;
  const type = inner instanceof ApplicationFailure ? inner.type : undefined;
  return { kind: endingOfFailure(type), message: inner?.message ?? 'It failed.' };
}

/** What the SDK says where nobody gave a reason. */
const noReason = 'Workflow execution terminated';

const terminationText = (reason: string): string =>
  reason === noReason ? 'It was terminated.' : `It was terminated: ${reason}`;
