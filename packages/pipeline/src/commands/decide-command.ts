import { UserError } from '@atelier/errors';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { readRetrySettings } from '../configuration/read-options.ts';
import { awaitEnding, type RunEnding } from '../follow/run-ending.ts';
import { runIdOf } from '../names.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage, CommandFailure } from '../terminal/exit.ts';
import { abortUpdate, retryUpdate } from '../workflow/messages.ts';
import type { RetrySettings } from '../workflow/retry-settings.ts';
import { findRunToChange, type RunHandle } from './find-run.ts';
import { followToEnd } from './follow-command.ts';
import { withSession } from './session.ts';

/** Besides these the flags of all settings that a retry may change. */
export interface RetryOptions extends Record<string, unknown> {
  stage?: string;
  detach?: boolean;
  json?: boolean;
}

/** Tells a parked run to try its stage again, and follows it. */
export async function retry(
  run: string | undefined,
  options: RetryOptions,
  console: Console,
): Promise<void> {
  const { stage, detach, json = false } = options;
  // The run itself says what it refuses.
  const settings: RetrySettings = {
    ...(stage === undefined ? {} : { stage }),
    ...(await asUsage(() => readRetrySettings(options, process.cwd()))),
  };
  await withSession(console, 'work', async (session) => {
    const handle = await findRunToChange(session, run, 'parked');
    const answer = await decide(handle, () =>
      handle.executeUpdate(retryUpdate, { args: [settings] }),
    );
    console.line(`Run ${runIdOf(handle.workflowId)}: ${answer}`);
    if (!detach) await followToEnd(session, handle, console, json);
  });
}

/** Ends a parked run. */
export function abort(run: string | undefined, reason: string, console: Console): Promise<void> {
  return withSession(console, 'work', async (session) => {
    const handle = await findRunToChange(session, run, 'parked');
    const answer = await decide(handle, () =>
      handle.executeUpdate(abortUpdate, { args: [reason] }),
    );
    const ending = await endingSoon(handle);
    console.line(`Run ${runIdOf(handle.workflowId)}: ${answer}`);
    if (ending === undefined) console.line('It has not ended yet.');
  });
}

/** Asks a run to stop and waits until it has. */
export function cancel(run: string | undefined, console: Console): Promise<void> {
  return withSession(console, 'work', async (session) => {
    const handle = await findRunToChange(session, run, 'open');
    const runId = runIdOf(handle.workflowId);
    if ((await handle.describe()).status.name !== 'RUNNING') {
      const { kind } = await awaitEnding(handle);
      throw new CommandFailure(`Run ${runId} is over already: ${kind}.`);
    }
    await handle.cancel();
    console.status(`  stopping ${runId} …`);
    const ending = await endingSoon(handle);
    if (ending === undefined)
      console.line(`Run ${runId} was asked to stop; no worker has done so yet.`);
    else if (ending.kind === 'cancelled')
      console.line(
        `Run ${runId} is stopped. What it committed stays: the same start goes on from there.`,
      );
    else console.line(`Run ${runId} had ended before it could be stopped: ${ending.kind}.`);
  });
}

const patienceMs = 30_000;

/** Undefined where the run has not ended within half a minute. */
function endingSoon(handle: RunHandle): Promise<RunEnding | undefined> {
  const late = new Promise<undefined>((resolve) => {
    setTimeout(resolve, patienceMs, undefined).unref();
  });
  return Promise.race([awaitEnding(handle), late]);
}

/** @throws UserError where the run refuses */
export async function decide(handle: RunHandle, update: () => Promise<string>): Promise<string> {
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
