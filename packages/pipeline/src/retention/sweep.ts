import { UserError } from '@atelier/errors';
import type { Store } from '../run-store.ts';
import { type AnnouncingStore, takeOver } from './announcement.ts';
import type { Census } from './census.ts';
import { condemned, type Terms, unclear } from './condemned.ts';
import type { Names } from './document-names.ts';
import { type Readings, readCensus } from './read-census.ts';
import { withSparingHeap } from './sparing-heap.ts';

type SweepStore = AnnouncingStore & Pick<Store, 'listAll' | 'readObject' | 'removeAll'>;

/** Objects that are announced at once, and removed with one request after one look at the clock. */
const announcedAtOnce = 50_000;
const removedAtOnce = 250;

export interface SweepOptions extends Omit<Terms, 'now' | 'removing' | 'needed'> {
  /** The runs to remove. */
  runs: readonly string[];
  /** Says at every look what is needed besides, by what is no object of the store. */
  needed?: () => Promise<readonly Names[]>;
  /** This process, see `workerIdentity`. */
  by: string;
  /** By which it is told how old things are: milliseconds since 1970. */
  clock?: () => number;
}

export interface Swept {
  objects: number;
  bytes: number;
  /** The runs whose folders are gone, those of a sweep that was cut off included. */
  runs: string[];
}

/**
 * Removes runs and everything that nobody needs. What is condemned is announced, then everything is
 * looked at once more, and only what nobody needs by then goes. Whoever begins to need something
 * writes that down first and then looks at the announcement: one of the two sees the other. See
 * docs/decisions/0025-mark-announce-mark-remove.md.
 *
 * That holds as long as the announcement stands, from before the second look until the removal. So it
 * is renewed however long a look takes; where it has lapsed meanwhile, since this machine slept, the
 * others have gone on, and the sweep is given up.
 *
 * Cut off anywhere, it has removed nothing that is needed; the next sweep does the rest.
 * @throws UserError where it cannot be told what is needed; WorldError where another sweep goes on, or
 *   this one stood still
 */
export const sweep = (store: SweepStore, options: SweepOptions): Promise<Swept> =>
  withSparingHeap(() => markAndRemove(store, options));

async function markAndRemove(
  store: SweepStore,
  { runs: asked, by, needed, clock = Date.now, ...terms }: SweepOptions,
): Promise<Swept> {
  const announcement = await takeOver(store, { by, runs: asked });
  const { runs } = announcement;
  const readings: Readings = new Map();
  const removing = new Set(runs);
  const look = async (): Promise<{ census: Census; keys: string[] }> => {
    const census = await readCensus(announcement.whileStanding(store), readings);
    checkClear(census, removing);
    const besides = { needed: await needed?.() };
    return { census, keys: condemned(census, { ...terms, ...besides, removing, now: clock() }) };
  };

  /** What of a round goes after another look, whose census is not kept while that is removed. */
  const goesOf = async (round: readonly string[]): Promise<{ key: string; bytes: number }[]> => {
    const { census, keys } = await look();
    const still = new Set(keys);
    return round
      .filter((key) => still.has(key))
      .map((key) => ({ key, bytes: census.objects.get(key)!.bytes }));
  };

  await announcement.say([]);
  const swept: Swept = { objects: 0, bytes: 0, runs: [] };
  // Its census is not kept while the next one is made.
  const { keys: condemnedFirst } = await look();
  for (const round of chunks(condemnedFirst, announcedAtOnce)) {
    await announcement.say(round);
    for (const some of chunks(await goesOf(round), removedAtOnce)) {
      // What is not announced any more is not removed.
      await announcement.renew();
      await store.removeAll(some.map(({ key }) => key));
      swept.objects += some.length;
      for (const { key, bytes } of some) {
        swept.bytes += bytes;
        const [, run] = /^runs\/([^/]+)\/run\.json$/.exec(key) ?? [];
        if (run !== undefined) swept.runs.push(run);
      }
    }
  }
  await announcement.end();
  return swept;
}

function checkClear(census: Census, removing: ReadonlySet<string>): void {
  const [key, ...others] = unclear(census, removing);
  if (key === undefined) return;
  throw new UserError({
    what: 'It cannot be told what is needed: a record cannot be read.',
    where: [key, ...others].slice(0, 5).join(', '),
    expected: 'records as Atelier writes them',
    remedy: 'mend it or move it away; a run can be removed as a whole by `npx atelier rm RUN`',
  });
}

function* chunks<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}
