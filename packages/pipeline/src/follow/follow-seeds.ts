import type { RunHandle } from '../commands/find-run.ts';
import type { Session } from '../commands/session.ts';
import { runIdOf } from '../names.ts';
import { type Console, ticked } from '../terminal/console.ts';
import { followRun } from './follow-run.ts';
import type { Ending } from './run-ending.ts';
import { openSeedBoard } from './seed-board.ts';
import { parkedText, resultRows } from './show-ending.ts';

export interface SeedRun {
  seed: number;
  handle: RunHandle;
}

export interface SeedEnding extends SeedRun {
  ending: Ending;
}

/** Follows runs side by side until each has ended or waits for a person, and says so of each. */
export async function followSeeds(
  session: Session,
  runs: readonly SeedRun[],
  console: Console,
): Promise<SeedEnding[]> {
  const board = openSeedBoard(console);
  return Promise.all(
    runs.map(async ({ seed, handle }) => {
      const own = board.open(`seed ${seed}`);
      try {
        const ending = await followRun(session, handle, own.console, own.printer);
        tell(own.console, runIdOf(handle.workflowId), ending);
        return { seed, handle, ending };
      } finally {
        own.close();
      }
    }),
  );
}

function tell(console: Console, runId: string, ending: Ending): void {
  if (ending.kind === 'finished') {
    const results = resultRows(ending.result).map(({ label, text }) => `${label} ${text}`);
    console.line(`✓ ${results.join(', ')}`, ticked);
  } else if (ending.kind === 'parked') console.warn(`! ${parkedText(runId, ending.attention)}`);
  else console.warn(`! run ${runId} did not finish: ${ending.message}`);
}
