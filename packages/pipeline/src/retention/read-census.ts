import { blobKey, digestSchema, parseDocument } from '@atelier/artifacts';
import { z } from 'zod';
import { eachAtOnce } from '../at-once.ts';
import type { Store } from '../run-store.ts';
import { type Census, keysBy, trainingIn } from './census.ts';
import {
  type Names,
  namesOfEpochs,
  namesOfNote,
  namesOfRecord,
  namesOfRun,
  type RunNames,
  runsOfDecision,
  runsOfPointer,
} from './document-names.ts';
import { Listing } from './listing.ts';
import { withSparingHeap } from './sparing-heap.ts';

/** Documents that are read at once. */
const readers = 32;

/** Bytes: a history of a hundred thousand epochs has some thirty million. */
const longest = 64 * 1024 ** 2;

const thinnedSchema = z.looseObject({
  checkpoints: z.array(z.looseObject({ sha256: digestSchema })),
});

/** Digests of checkpoints that need not be there, one after the other: of a year there are many. */
type Thinned = Buffer;
const none: Thinned = Buffer.alloc(0);

function thinnedOf(json: unknown): Thinned {
  const { checkpoints = [] } = thinnedSchema.safeParse(json).data ?? {};
  return Buffer.concat(checkpoints.map(({ sha256 }) => Buffer.from(sha256, 'hex')));
}

function digestsOf(thinned: Thinned): Set<string> {
  const text = thinned.toString('hex');
  const count = text.length / 64;
  return new Set(Array.from({ length: count }, (_, i) => text.slice(64 * i, 64 * (i + 1))));
}

/** What documents name, as they were read, so that looking again reads only what has changed. */
export type Readings = Map<string, { etag: string; given: unknown; value: unknown }>;

/**
 * Reads a document and keeps of it what is made of its value; undefined where it cannot be read.
 * @param given what else it is made of
 */
type Read = <T>(key: string, make: (json: unknown) => T, given?: unknown) => Promise<T | undefined>;

type CensusStore = Pick<Store, 'listAll' | 'readObject'>;

/**
 * Reads all records of a store, and lists the rest. An epoch's record is read only where the
 * training's history does not tell of it.
 * @param readings from an earlier census of the same store; filled
 */
export const readCensus = (store: CensusStore, readings: Readings = new Map()): Promise<Census> =>
  withSparingHeap(() => censusOf(store, readings));

async function censusOf(store: CensusStore, readings: Readings): Promise<Census> {
  const all = new Listing();
  await store.listAll((object) => all.add(object));
  const read = documentReader(store, all, readings);

  const runs = new Map<string, RunNames>();
  const unreadableRuns = new Map<string, string>();
  const notes = new Map<string, Names[]>();
  const records = new Map<string, Names>();
  const thinned = new Map<string, Thinned>();
  const pointers = new Map<string, readonly string[] | undefined>();
  const newest = newestDecisions(all.keys());

  const kinds: [RegExp, (key: string, ...parts: string[]) => Promise<void>][] = [
    [
      /^runs\/([^/]+)\/run\.json$/,
      async (key, run) => {
        const found = await read(key, namesOfRun);
        if (found) runs.set(run!, found);
        else unreadableRuns.set(run!, 'its run.json cannot be read');
      },
    ],
    [
      /^runs\/([^/]+)\/(?:(?:training|source)\.json|stages\/(\w+)\.json)$/,
      async (key, run, stage = 'train') => {
        const names = await read(key, (json) => namesOfNote(stage, json));
        if (names) notes.set(run!, [...(notes.get(run!) ?? []), names]);
      },
    ],
    [
      /^stages\/\w+\/[0-9a-f]{64}\.json$/,
      async (key) => {
        const names = await read(key, namesOfRecord);
        if (names) records.set(key, names);
      },
    ],
    [
      /^stages\/train\/([^/]+)\/thinned\.json$/,
      async (key, training) => {
        const digests = await read(key, thinnedOf);
        if (digests) thinned.set(training!, digests);
      },
    ],
    [
      /^registry\/(?!champions\/[^/]+\/[^/]+\/).+\.json$/,
      async (key) => {
        pointers.set(key, await read(key, runsOfPointer));
      },
    ],
    [
      // Of a log only the newest decision keeps runs.
      decisionForm,
      async (key) => {
        if (newest.has(key)) pointers.set(key, await read(key, runsOfDecision));
      },
    ],
  ];
  const works: (() => Promise<void>)[] = [];
  for (const key of all.keys()) {
    if (!key.endsWith('.json') || key.includes('/epochs/')) continue;
    for (const [form, take] of kinds) {
      const parts = form.exec(key);
      if (parts) works.push(() => take(key, ...parts.slice(1)));
    }
  }
  await eachAtOnce(works, readers, (work) => work());

  const epochs = await readEpochs(all, records, thinned, read);
  return { objects: all, runs, unreadableRuns, notes, records, epochs, pointers };
}

const decisionForm = /^(registry\/champions\/[^/]+\/[^/]+)\/(\d{6,})\.json$/;

/** The keys of the last entry of each registry's log. */
function newestDecisions(keys: Iterable<string>): ReadonlySet<string> {
  const newest = new Map<string, { key: string; number: number }>();
  for (const key of keys) {
    if (!key.startsWith('registry/')) continue;
    const [, log, digits] = decisionForm.exec(key) ?? [];
    if (log === undefined) continue;
    const number = Number(digits);
    if (number > (newest.get(log)?.number ?? 0)) newest.set(log, { key, number });
  }
  return new Set([...newest.values()].map(({ key }) => key));
}

/**
 * What every training's epochs name. A finished training's history names all that were there when
 * its record was written: of the epochs' own records only the later ones are read.
 */
async function readEpochs(
  all: Listing,
  records: ReadonlyMap<string, Names>,
  thinned: ReadonlyMap<string, Thinned>,
  read: Read,
): Promise<Map<string, Names[]>> {
  const byTraining = keysBy({ objects: all }, (key) =>
    key.includes('/epochs/') ? trainingIn(key) : undefined,
  );
  const readNames = (key: string, training: string): Promise<Names | undefined> => {
    const given = thinned.get(training) ?? none;
    return read(key, (json) => namesOfEpochs(json, digestsOf(given)), given);
  };
  const epochs = new Map<string, Names[]>();
  const left: [string, string][] = [];
  await eachAtOnce([...byTraining], readers, async ([training, found]) => {
    const key = `stages/train/${training}.json`;
    const outputs = [...(records.get(key)?.blobs ?? [])];
    const histories = await Promise.all(
      outputs.map(([sha256, bytes]) => readNames(blobKey({ sha256, bytes }), training)),
    );
    const told = histories.filter((names) => names !== undefined);
    epochs.set(training, told);
    const since = told.length > 0 ? all.get(key)!.modified : undefined;
    for (const epoch of found)
      if (since === undefined || all.get(epoch)!.modified >= since) left.push([training, epoch]);
  });
  await eachAtOnce(left, readers, async ([training, key]) => {
    const names = await readNames(key, training);
    if (names) epochs.get(training)!.push(names);
  });
  return epochs;
}

/** A document's value, undefined where it cannot be read. */
function documentReader(store: CensusStore, all: Listing, readings: Readings): Read {
  return async <T>(
    key: string,
    make: (json: unknown) => T,
    given?: unknown,
  ): Promise<T | undefined> => {
    if (!all.has(key)) return undefined;
    const known = readings.get(key);
    if (known && known.given === given && all.isOf(key, known.etag)) return known.value as T;
    const found = await store.readObject(key, longest);
    if (found?.content === undefined) return undefined;
    const { value: json, problem } = parseDocument(found.content, z.unknown());
    const value = problem === undefined ? make(json) : undefined;
    readings.set(key, { etag: found.etag, given, value });
    return value;
  };
}
