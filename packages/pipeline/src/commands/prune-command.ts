import { UserError } from '@atelier/errors';
import type { Census } from '../retention/census.ts';
import { condemned, hindrance, unclear, usualTerms } from '../retention/condemned.ts';
import { readCensus } from '../retention/read-census.ts';
import { removableRuns, usualKeeping } from '../retention/removable-runs.ts';
import { removeRuns } from '../retention/remove-runs.ts';
import type { Console } from '../terminal/console.ts';
import { bytesText } from '../terminal/text.ts';
import { requiredRun } from './finished-run.ts';
import { withStore } from './services.ts';
import { type Session, withSession } from './session.ts';

interface RemovalOptions {
  /** Without it, only what would go is said. */
  yes?: boolean;
  json?: boolean;
}

export interface PruneOptions extends RemovalOptions {
  keepLast?: number;
  keepDays?: number;
}

/** Removes runs that nobody asked to be kept, and everything that no run needs. */
export function prune(given: PruneOptions, console: Console): Promise<void> {
  const { keepLast, keepDays, ...options } = { ...usualKeeping, ...given };
  const choose = (census: Census): string[] =>
    removableRuns(census, { keepLast, keepDays, now: Date.now() });
  return remove(choose, options, console);
}

/** Removes a run, and everything that no other one needs. */
export async function rm(
  named: string | undefined,
  options: RemovalOptions,
  console: Console,
): Promise<void> {
  const run = await requiredRun(named, 'the run to remove');
  const choose = (census: Census): string[] => {
    if (![...census.objects.keys()].some((key) => key.startsWith(`runs/${run}/`)))
      throw cannot(run, 'there is no such run', '`npx atelier runs` lists the runs');
    const found = hindrance(census, run, Date.now());
    if (found === undefined) return [run];
    throw cannot(run, found.why, found.remedy);
  };
  return remove(choose, options, console);
}

const cannot = (run: string, found: string, remedy: string): UserError =>
  new UserError({ what: `Run ${run} cannot be removed.`, where: run, found, remedy });

/** What a removal comes to, or would come to. */
interface Removal {
  runs: string[];
  objects: number;
  bytes: number;
  /** What nobody needs then, but was written too short a time ago to go with it. */
  later?: { objects: number; bytes: number };
  removed: boolean;
}

function remove(
  choose: (census: Census) => string[],
  { yes = false, json = false }: RemovalOptions,
  console: Console,
): Promise<void> {
  const show = (removal: Removal): void => {
    if (json) console.result(JSON.stringify(removal));
    else for (const line of formatRemoval(removal)) console.line(line);
  };
  if (yes)
    return withSession(
      console,
      'read',
      async (session) => show(await carryOut(session, choose, console)),
      'pruner',
    );
  return withStore(console, async (store) => {
    const census = await readCensus(store);
    show(foresee(census, choose(census)));
  });
}

async function carryOut(
  services: Pick<Session, 'store' | 'client'>,
  choose: (census: Census) => string[],
  console: Console,
): Promise<Removal> {
  const { open, ...swept } = await removeRuns(services, choose);
  for (const run of open) console.warn(`! Run ${run} stays: Temporal says that it goes on.`);
  return { ...swept, removed: true };
}

function foresee(census: Census, runs: string[]): Removal {
  const removing = new Set(runs);
  const [problem] = unclear(census, removing);
  if (problem !== undefined)
    throw cannot(problem, 'a record that cannot be read', 'mend it or move it away');
  const sizeOf = (keys: string[]) => ({
    objects: keys.length,
    bytes: keys.reduce((sum, key) => sum + census.objects.get(key)!.bytes, 0),
  });
  const terms = { ...usualTerms, removing, now: Date.now() };
  const goes = condemned(census, terms);
  const known = new Set(goes);
  const young = condemned(census, { ...terms, grace: 0 }).filter((key) => !known.has(key));
  return { runs, ...sizeOf(goes), later: sizeOf(young), removed: false };
}

/** Runs that are named at most. */
const mostNamed = 20;

function formatRemoval({ runs, objects, bytes, later, removed }: Removal): string[] {
  const more = runs.length > mostNamed ? [`… and ${runs.length - mostNamed} more`] : [];
  const list = [...runs.slice(0, mostNamed), ...more].map((run) => `  ${run}`);
  const what = `${runs.length} ${runs.length === 1 ? 'run' : 'runs'}, ${objects} objects, ${bytesText(bytes)}`;
  if (removed) return [...list, `Removed: ${what}.`];
  const young =
    later && later.objects > 0
      ? [`${bytesText(later.bytes)} more can be removed once they are an hour old.`]
      : [];
  return [...list, `This would remove ${what}. With --yes it does.`, ...young];
}
