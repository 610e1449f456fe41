import { isOver } from '../record/run-status.ts';
import { putForwardKey } from '../registry/put-forward.ts';
import { type Census, createReach, runIn } from './census.ts';
import type { Names } from './document-names.ts';

/** What may be removed of a store at some time. */
export interface Terms {
  /** Runs that nobody wants any more. */
  removing: ReadonlySet<string>;
  /** Milliseconds since 1970. */
  now: number;
  /** Milliseconds for which what is written stays, since its record may still come. */
  grace: number;
  /** Milliseconds for which stays what was set aside. */
  asideFor: number;
  /** What is needed besides, by what is no object of the store. */
  needed?: readonly Names[] | undefined;
}

const hour = 3_600_000;

/**
 * An hour is longer than a stage takes from a blob to the record that names it, and than clocks
 * differ. One that takes longer is told so and does its work again.
 */
export const usualTerms = { grace: hour, asideFor: 90 * 24 * hour };

/** Why a run cannot be removed, and what to do. */
export interface Hindrance {
  why: string;
  remedy: string;
}

/**
 * Why a run cannot be removed; undefined where it can.
 * @param now milliseconds since 1970
 */
export function hindrance(census: Census, run: string, now: number): Hindrance | undefined {
  const [pointer] = [...census.pointers].find(([, named]) => named?.includes(run)) ?? [];
  const [, dataset, name] =
    /^registry\/champions\/([^/]+)\/(.+?)(?:\/\d+)?\.json$/.exec(pointer ?? '') ?? [];
  if (dataset !== undefined)
    return {
      why: `it is the ${name} of ${dataset}, or the one before, to which \`rollback\` goes back`,
      remedy: 'promote two other runs: `npx atelier promote RUN --reason "…"`',
    };
  if (pointer !== undefined)
    return {
      why: `${pointer.replace(/^registry\/|\.json$/g, '')} points to it`,
      remedy: 'take the tag off, or wait until a newer run is the latest',
    };
  const status = census.runs.get(run)?.status;
  if (status !== undefined && !isOver(status))
    return { why: `it is ${status}`, remedy: `\`npx atelier cancel ${run}\` ends it` };
  const putForward = census.objects.get(putForwardKey(run))?.modified ?? 0;
  if (putForward > now - hour)
    return { why: 'somebody is about to make it the champion', remedy: 'try again in an hour' };
  return undefined;
}

/** Documents without which it cannot be told what is needed. */
export const unclear = (census: Census, removing: ReadonlySet<string>): string[] => [
  ...[...census.pointers].flatMap(([key, named]) => (named === undefined ? [key] : [])),
  ...[...census.unreadableRuns.keys()]
    .filter((run) => !removing.has(run))
    .map((run) => `runs/${run}/run.json`),
];

/**
 * The keys of all objects that nobody needs, in the order in which they go: what names others before
 * what is named, and of a run's folder run.json last, which holds the run's name.
 */
export function condemned(
  census: Census,
  { removing, now, grace, asideFor, needed: names }: Terms,
): string[] {
  const leaving = new Set([...removing].filter((run) => hindrance(census, run, now) === undefined));
  const isOld = (key: string, age: number): boolean =>
    census.objects.get(key)!.modified < now - age;
  const stays = new Set<string>();
  const young: string[] = [];
  for (const key of census.objects.keys()) {
    const run = runIn(key);
    if (run !== undefined && !leaving.has(run)) stays.add(run);
    if (key.startsWith('stages/') && !isOld(key, grace)) young.push(key);
  }
  const { keys: needed } = createReach(census)({ runs: stays, records: young, names });

  /** In which turn an object goes; undefined where it stays. */
  const turnOf = (key: string): number | undefined => {
    const run = runIn(key);
    if (run !== undefined) {
      if (leaving.has(run)) return key.endsWith('/run.json') ? 1 : 0;
      // What is left of a run whose removal was cut off.
      const isLeft = !census.objects.has(`runs/${run}/run.json`) && isOld(key, grace);
      return isLeft ? 0 : undefined;
    }
    if (key.startsWith('set-aside/')) return isOld(key, asideFor) ? 4 : undefined;
    if (needed.has(key) || !isOld(key, grace)) return undefined;
    if (key.startsWith('stages/')) return 2;
    return key.startsWith('blobs/') ? 3 : undefined;
  };
  const turns: string[][] = [[], [], [], [], []];
  for (const key of census.objects.keys()) {
    const turn = turnOf(key);
    if (turn !== undefined) turns[turn]!.push(key);
  }
  return turns.flat();
}
