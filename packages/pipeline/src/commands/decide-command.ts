import { UserError } from '@atelier/errors';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { numberOrText } from '../configuration/flags.ts';
import { runIdOf } from '../names.ts';
import type { RetrySettings } from '../workflow/messages.ts';
import type { Console } from './console.ts';
import { findRun, type RunHandle } from './find-run.ts';
import { followToEnd } from './follow-command.ts';
import { withSession } from './session.ts';

export interface RetryOptions {
  stage?: string;
  mirror?: string[];
  threads?: string;
  evaluationBatch?: string;
  detach?: boolean;
  json?: boolean;
}

/** Tells a parked run to try its stage again, and follows it. */
export function retry(run: string, options: RetryOptions, console: Console): Promise<void> {
  const { stage, mirror, threads, evaluationBatch, detach, json = false } = options;
  return withSession(console, true, async (session) => {
    const handle = await findRun(session.client, run, 'open');
    // The run itself says what it refuses.
    const settings = {
      ...(stage === undefined ? {} : { stage }),
      ...(mirror === undefined ? {} : { mirrors: mirror }),
      ...(threads === undefined ? {} : { threads: numberOrText(threads) }),
      ...(evaluationBatch === undefined ? {} : { evaluationBatch: numberOrText(evaluationBatch) }),
    } as RetrySettings;
    console.line(
      await decide(handle, () =>
        handle.executeUpdate<string, [RetrySettings]>('retry', { args: [settings] }),
      ),
    );
    if (!detach) await followToEnd(session, handle, console, json);
  });
}

/** Ends a parked run. */
export function abort(run: string, reason: string, console: Console): Promise<void> {
  return withSession(console, true, async ({ client }) => {
    const handle = await findRun(client, run, 'open');
    console.line(
      await decide(handle, () =>
        handle.executeUpdate<string, [string]>('abort', { args: [reason] }),
      ),
    );
  });
}

async function decide(handle: RunHandle, update: () => Promise<string>): Promise<string> {
  try {
    return await update();
  } catch (error) {
    const refused = error instanceof WorkflowUpdateFailedError;
    if (!refused && !(error instanceof WorkflowNotFoundError)) throw error;
    throw new UserError({
      what: `Run ${runIdOf(handle.workflowId)} refused this.`,
      found: refused ? (error.cause?.message ?? error.message) : 'the run is over',
    });
  }
}
