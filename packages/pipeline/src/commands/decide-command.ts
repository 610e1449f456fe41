import { UserError } from '@atelier/errors';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { readRetrySettings } from '../configuration/read-options.ts';
import { runIdOf } from '../names.ts';
import type { Console } from '../terminal/console.ts';
import { CommandFailure } from '../terminal/exit.ts';
import { abortUpdate, type RetrySettings, retryUpdate } from '../workflow/messages.ts';
import { findRun, type RunHandle } from './find-run.ts';
import { followToEnd } from './follow-command.ts';
import { withSession } from './session.ts';

/** Besides these the flags of all settings that a retry may change. */
export interface RetryOptions extends Record<string, unknown> {
  stage?: string;
  detach?: boolean;
  json?: boolean;
}

/** Tells a parked run to try its stage again, and follows it. */
export function retry(run: string, options: RetryOptions, console: Console): Promise<void> {
  const { stage, detach, json = false } = options;
  return withSession(console, true, async (session) => {
    const handle = await findRun(session.client, run, 'open');
    // The run itself says what it refuses.
    const settings: RetrySettings = {
      ...(stage === undefined ? {} : { stage }),
      ...readRetrySettings(options, process.cwd()),
    };
    console.line(
      await decide(handle, () => handle.executeUpdate(retryUpdate, { args: [settings] })),
    );
    if (!detach) await followToEnd(session, handle, console, json);
  });
}

/** Ends a parked run. */
export function abort(run: string, reason: string, console: Console): Promise<void> {
  return withSession(console, true, async ({ client }) => {
    const handle = await findRun(client, run, 'open');
    console.line(await decide(handle, () => handle.executeUpdate(abortUpdate, { args: [reason] })));
  });
}

const patienceMs = 30_000;

/** Asks a run to stop and waits until it has. */
export function cancel(run: string, console: Console): Promise<void> {
  return withSession(console, true, async ({ client }) => {
    const handle = await findRun(client, run, 'open');
    const runId = runIdOf(handle.workflowId);
    const { status } = await handle.describe();
    if (status.name !== 'RUNNING')
      throw new CommandFailure(`Run ${runId} is over already: ${status.name.toLowerCase()}.`);
    await handle.cancel();
    console.status(`  stopping ${runId} …`);
    const stopped = handle.result().then(
      () => 'It had finished before.',
      () => 'What it committed stays: the same start goes on from there.',
    );
    const late = new Promise<undefined>((resolve) => {
      setTimeout(resolve, patienceMs, undefined).unref();
    });
    const end = await Promise.race([stopped, late]);
    console.line(
      end === undefined
        ? `Run ${runId} was asked to stop; no worker has done so yet.`
        : `Run ${runId} is stopped. ${end}`,
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
