import { followRun } from '../follow/follow-run.ts';
import { openProgressPrinter } from '../follow/progress-printer.ts';
import { recordedEnding, recordedProgress } from '../follow/recorded-run.ts';
import { awaitEnding } from '../follow/run-ending.ts';
import { showEnding } from '../follow/show-ending.ts';
import { runIdOf } from '../names.ts';
import type { Console } from '../terminal/console.ts';
import { exitCodes, onInterrupt } from '../terminal/exit.ts';
import { findRun, type RunHandle } from './find-run.ts';
import { type Session, withSession } from './session.ts';

export interface FollowOptions {
  json?: boolean;
}

export function follow(
  run: string | undefined,
  { json = false }: FollowOptions,
  console: Console,
): Promise<void> {
  return withSession(console, 'read', async (session) => {
    const { runId, handle } = await findRun(session, run);
    if (run === undefined) console.line(`Run ${runId}, the one started last:`);
    if (handle !== undefined && (await handle.describe()).status.name === 'RUNNING') {
      await session.keepWorking();
      return followToEnd(session, handle, console, json);
    }
    const progress = await recordedProgress(session.store, runId);
    if (progress !== undefined) openProgressPrinter(console).update(progress);
    const ending = await (handle ? awaitEnding(handle) : recordedEnding(session.store, runId));
    await showEnding(session, runId, ending, console, json);
    if (session.temporary)
      console.line('These addresses answer while the stack is up: npx atelier up');
  });
}

/** Follows a run; Ctrl-C stops following, not the run. */
export async function followToEnd(
  session: Session,
  handle: RunHandle,
  console: Console,
  json: boolean,
): Promise<void> {
  const runId = runIdOf(handle.workflowId);
  const release = onInterrupt(() => {
    console.line();
    console.line(`The run goes on without you.`);
    console.line(`  follow it again:  npx atelier follow ${runId}`);
    console.line(`  stop it:          npx atelier cancel ${runId}`);
    process.exit(exitCodes.interrupted);
  });
  try {
    const ending = await followRun(session, handle, console);
    await showEnding(session, runId, ending, console, json);
  } finally {
    release();
  }
}
