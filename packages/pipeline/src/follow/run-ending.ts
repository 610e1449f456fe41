import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import {
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import type { RunHandle } from '../commands/find-run.ts';
import { failureTypes } from '../names.ts';
import type { Attention } from '../progress.ts';
import type { RunResult } from '../stages/index.ts';

/** How a run ended. */
export type RunEnding =
  | { kind: 'finished'; result: RunResult }
  | { kind: 'aborted' | 'cancelled' | 'failed' | 'terminated' | 'timed out'; message: string };

/** How following ended: with the run, or because the run waits for a person. */
export type Ending = RunEnding | { kind: 'parked'; attention: Attention };

const patience = 1_000;

/** Waits for the end of a run, also while Temporal is away for a moment. */
export async function awaitEnding(handle: RunHandle): Promise<RunEnding> {
  for (;;) {
    try {
      return { kind: 'finished', result: await handle.result() };
    } catch (error) {
      if (error instanceof WorkflowFailedError) return explainEnding(error);
      // Temporal has removed it, as it does with runs that ended long ago.
      if (error instanceof WorkflowNotFoundError) throw error;
      await sleep(patience);
    }
  }
}

function explainEnding({ cause }: WorkflowFailedError): RunEnding {
  if (cause instanceof CancelledFailure) return { kind: 'cancelled', message: 'It was cancelled.' };
  if (cause instanceof TerminatedFailure)
    return { kind: 'terminated', message: 'It was terminated.' };
  if (cause instanceof TimeoutFailure)
    return { kind: 'timed out', message: 'It took longer than it was allowed to take.' };
  const inner = cause?.cause instanceof ApplicationFailure ? cause.cause : cause;
  const aborted = inner instanceof ApplicationFailure && inner.type === failureTypes.aborted;
  return { kind: aborted ? 'aborted' : 'failed', message: inner?.message ?? 'It failed.' };
}
