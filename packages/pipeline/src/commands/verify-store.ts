import { UserError } from '@atelier/errors';
import { findDamage } from '../retention/find-damage.ts';
import { readCensus } from '../retention/read-census.ts';
import type { Console } from '../terminal/console.ts';
import { CommandFailure } from '../terminal/exit.ts';
import { progressLine } from '../terminal/progress-line.ts';
import { bytesText } from '../terminal/text.ts';
import { namedRun, runMeant } from './finished-run.ts';
import { withStore } from './services.ts';

/**
 * Reads everything that runs need, or one of them, and names what is not as records promise.
 * @throws CommandFailure where anything is damaged
 */
export async function verifyStore(
  named: string | undefined,
  json: boolean,
  console: Console,
): Promise<void> {
  const given = await namedRun(named, 'the run');
  await withStore(console, async (store) => {
    const run = named === undefined ? undefined : await runMeant(store, given);
    const census = await readCensus(store);
    if (run !== undefined && !census.runs.has(run)) throw noRun(run);
    const only = run === undefined ? undefined : [run];
    const inspection = await findDamage(store, census, only, (done, of) =>
      console.status(progressLine('reading blobs', { done, of })),
    );
    console.clear();
    if (json) console.result(JSON.stringify(inspection));
    const { blobs, bytes, damage } = inspection;
    for (const { key, problem, runs } of damage) {
      const by = runs.slice(0, 3).join(', ') + (runs.length > 3 ? ', …' : '');
      console.warn(`! ${key}: ${problem}${by && `; needed by ${by}`}`);
    }
    const read = `${blobs} blobs with ${bytesText(bytes)} were read`;
    if (damage.length > 0)
      throw new CommandFailure(
        `${damage.length} of what is stored ${damage.length === 1 ? 'is' : 'are'} damaged; ${read}. A run with the settings of one that needs it makes it again.`,
      );
    console.line(
      `All that ${run === undefined ? 'runs need' : `run ${run} needs`} is whole: ${read}.`,
    );
  });
}

const noRun = (run: string): UserError =>
  new UserError({
    what: `There is no run ${run} in the store.`,
    where: 'the run',
    expected: 'a run, or --key for a folder that `fetch` has written',
    remedy: '`npx atelier runs` lists the runs',
  });
