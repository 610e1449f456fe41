import { runIdOf } from '../names.ts';
import { CommandFailure } from './command-failure.ts';
import type { Console } from './console.ts';
import { findRun } from './find-run.ts';
import { withSession } from './session.ts';

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
