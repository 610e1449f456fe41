import { z } from 'zod';
import { type Document, getDocument, putDocument } from './documents.ts';
import type { Found, Objects, StoredObject, TooLong } from './objects.ts';

/** What is about to be removed, for everybody who may be about to need it. */
const sweepSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** The process that removes. */
  by: z.string(),
  /** It removes nothing after this time, unless it has said so here. */
  until: z.iso.datetime(),
  /** The runs that are removed: their folders are no reason to keep anything. */
  runs: z.array(z.string()),
  /** The keys of all objects that may go. */
  keys: z.array(z.string()),
});

type Sweep = z.infer<typeof sweepSchema>;

export interface SweepDocuments {
  /** Gives every object of the bucket, in alphabetical order, the next one when one is taken. */
  listAll(take: (object: StoredObject) => void | Promise<void>): Promise<void>;
  /** Any object; undefined where there is none. @param atMost bytes; of a longer one nothing is read */
  readObject(key: string, atMost: number): Promise<Found | TooLong | undefined>;
  /** What is being removed right now; undefined where nothing is. */
  readSweep(): Promise<Document<Sweep> | undefined>;
  /**
   * Says what is about to be removed, only if nobody else has said so since `from` was read
   * (undefined: nobody had).
   * @returns the version to name the next time; undefined where somebody else was faster
   */
  announceSweep(sweep: Sweep, from: string | undefined): Promise<string | undefined>;
  /** Says that nothing is removed any more, if that is still what `from` was. */
  endSweep(from: string): Promise<void>;
  /** Removes objects for good; one that is gone is no error. */
  removeAll(keys: readonly string[]): Promise<void>;
  /**
   * To be called when something that names some objects is written, and before it is looked whether
   * they are there: waits while somebody is about to remove one of them. From then on whoever removes
   * sees what names them, so that what is there stays.
   */
  outliveSweep(names: (key: string) => boolean): Promise<void>;
  /** The same, then the look: which of these objects are not there. */
  holdObjects(keys: readonly string[]): Promise<string[]>;
}

const key = 'retention/sweep.json';

/** Bytes: of a hundred thousand keys it has some ten million. */
const longest = 64 * 1024 ** 2;

/** Clocks of machines that write to one bucket may differ by as many milliseconds. */
export const clockDifference = 10 * 60_000;

/** Milliseconds for which a sweep says in advance that it goes on. */
export const sweepLease = 120_000;

/**
 * Milliseconds after which no request of a process that has ended has an effect any more: it removes
 * so few objects that a slow disk is done with them much earlier.
 */
const lastRequest = 30_000;

const pollMs = 250;

/** Whether the process of this identity has certainly ended; false where nobody can tell. */
export type IsGone = (identity: string) => boolean;

/** @param isGone of whoever removes: then nobody waits for it */
export function openSweepDocuments(objects: Objects, isGone: IsGone = () => false): SweepDocuments {
  const outlive = (names: (key: string) => boolean) => outliveSweep(objects, names, isGone);
  const readSweep = () => getDocument(objects, key, sweepSchema, longest);
  return {
    listAll: (take) => objects.eachObject('', take),
    readObject: objects.get,
    readSweep,
    async announceSweep(sweep, from) {
      return putDocument(objects, key, sweep, from === undefined ? 'absent' : { etag: from });
    },
    async endSweep(from) {
      if ((await objects.etag(key)) === from) await objects.remove(key);
    },
    removeAll: (keys) => objects.removeAll(keys),
    outliveSweep: outlive,
    async holdObjects(keys) {
      const named = new Set(keys);
      await outlive((key) => named.has(key));
      const sizes = await Promise.all(keys.map((key) => objects.size(key)));
      return keys.filter((_, i) => sizes[i] === undefined);
    },
  };
}

/** See `SweepDocuments.outliveSweep`. */
async function outliveSweep(
  objects: Objects,
  names: (key: string) => boolean,
  isGone: IsGone,
): Promise<void> {
  let gone: { by: string; since: number } | undefined;
  for (;;) {
    const sweep = (await getDocument(objects, key, sweepSchema, longest))?.value;
    if (sweep === undefined) return;
    const { by, keys, until } = sweep;
    if (!keys.some(names)) return;
    // Whoever was to remove them is gone; or it is no sweep, which never promises as much.
    if (Math.abs(Date.parse(until) - Date.now()) > sweepLease + clockDifference) return;
    if (!isGone(by)) gone = undefined;
    else if (gone?.by !== by) gone = { by, since: performance.now() };
    else if (performance.now() - gone.since > lastRequest) return;
    await new Promise((again) => setTimeout(again, pollMs));
  }
}
