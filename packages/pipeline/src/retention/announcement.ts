import { clockDifference, sweepLease } from '@atelier/artifacts';
import { WorldError } from '@atelier/errors';
import type { Store } from '../run-store.ts';
import { goneWorker } from '../worker/worker-identity.ts';

export type AnnouncingStore = Pick<Store, 'readSweep' | 'announceSweep' | 'endSweep'>;
type Looking = Pick<Store, 'listAll' | 'readObject'>;

/** What a sweep says of itself in `retention/sweep.json`, for whoever may need what it removes. */
export interface Announcement {
  /** The runs that go, those of a sweep that was cut off included. */
  runs: readonly string[];
  /** Says what may go from now on, and nothing else. @throws WorldError where another sweep goes on */
  say(keys: readonly string[]): Promise<void>;
  /**
   * Says the same anew where half of its time has passed. When this returns, it has stood without a
   * gap since it was said.
   * @throws WorldError where it has not: others have gone on meanwhile
   */
  renew(): Promise<void>;
  /** A store that is looked at for as long as it takes, the announcement being renewed meanwhile. */
  whileStanding(store: Looking): Looking;
  end(): Promise<void>;
}

/**
 * Begins to announce in the place of a sweep that was cut off, if there was one.
 * @throws WorldError where another sweep goes on
 */
export async function takeOver(
  store: AnnouncingStore,
  { by, runs: asked }: { by: string; runs: readonly string[] },
): Promise<Announcement> {
  const earlier = await readEarlier(store, by);
  const runs = [...new Set([...asked, ...(earlier?.runs ?? [])])];
  let version = earlier?.version;
  let keys: readonly string[] = [];
  /** Milliseconds since 1970, which go on while a machine sleeps. */
  let until: number | undefined;
  let renewing: Promise<void> | undefined;

  async function write(): Promise<void> {
    const next = Date.now() + sweepLease;
    const told = { schemaVersion: 1 as const, by, runs, keys: [...keys] };
    version = await store.announceSweep({ ...told, until: new Date(next).toISOString() }, version);
    if (version === undefined) throw busy('another process has taken over');
    if (until !== undefined && Date.now() > until) throw stoodStill(until);
    until = next;
  }

  const isDue = (): boolean => until !== undefined && Date.now() > until - sweepLease / 2;
  async function renew(): Promise<void> {
    if (!isDue()) return;
    // Of many who read at once, one does it.
    renewing ??= write().finally(() => {
      renewing = undefined;
    });
    await renewing;
  }

  return {
    runs,
    async say(some) {
      keys = some;
      until = undefined;
      await write();
    },
    renew,
    whileStanding: ({ listAll, readObject }) => ({
      listAll: (take) =>
        listAll((object) => {
          const taken = take(object);
          return isDue() ? renew().then(() => taken) : taken;
        }),
      async readObject(key, atMost) {
        await renew();
        return readObject(key, atMost);
      },
    }),
    end: () => store.endSweep(version!),
  };
}

/** A sweep that was cut off, which this one takes over. */
async function readEarlier(
  store: AnnouncingStore,
  by: string,
): Promise<{ runs: string[]; version: string } | undefined> {
  const found = await store.readSweep();
  if (found === undefined) return undefined;
  const { value, etag, problem } = found;
  if (problem !== undefined) return { runs: [], version: etag };
  // Neither is one that promises more than any sweep does.
  const goesOn = Math.abs(Date.parse(value.until) - Date.now()) < sweepLease + clockDifference;
  if (goesOn && value.by !== by && goneWorker(value.by) === undefined)
    throw busy(`${value.by.split(' ')[0]}, until ${value.until}`);
  return { runs: value.runs, version: etag };
}

const busy = (found: string): WorldError =>
  new WorldError({
    what: 'Somebody else is removing things from this store.',
    where: 'retention/sweep.json',
    found,
    remedy: 'wait until it has ended, then try again',
  });

const stoodStill = (until: number): WorldError =>
  new WorldError({
    what: 'The removal stood still for longer than it had said, and what it has looked at counts no more.',
    where: 'retention/sweep.json',
    expected: `to say by ${new Date(until).toISOString()} that it goes on`,
    remedy: 'try again while this machine and the store are awake; it carries on',
  });
