import { blobKey, parseDocument, type StoredObject } from '@atelier/artifacts';
import { z } from 'zod';
import { eachAtOnce } from '../at-once.ts';
import type { Store } from '../run-store.ts';
import { type Census, trainingIn } from './census.ts';
import {
  type Names,
  namesOfEpochs,
  namesOfNote,
  namesOfRecord,
  namesOfRun,
  type RunNames,
  runsOfPointer,
} from './document-names.ts';

/** Documents that are read at once. */
const readers = 32;

/** Bytes: a history of a hundred thousand epochs has some thirty million. */
const longest = 64 * 1024 ** 2;

const thinnedSchema = z.looseObject({
  checkpoints: z.array(z.looseObject({ sha256: z.string() })),
});

const digestsOf = (json: unknown): Set<string> => {
  const { checkpoints = [] } = thinnedSchema.safeParse(json).data ?? {};
  return new Set(checkpoints.map(({ sha256 }) => sha256));
};

/** What documents name, as they were read, so that looking again reads only what has changed. */
export type Readings = Map<string, { etag: string; value: unknown }>;

/** Reads a document and keeps of it what is made of its value; undefined where it cannot be read. */
type Read = <T>(key: string, make: (json: unknown) => T) => Promise<T | undefined>;

/**
 * Reads all records of a store, and lists the rest. An epoch's record is read only where the
 * training's history does not tell of it.
 * @param readings from an earlier census of the same store; filled
 */
export async function readCensus(
  store: Pick<Store, 'listAll' | 'readObject'>,
  readings: Readings = new Map(),
): Promise<Census> {
  const listed = await store.listAll();
  const all = new Map(listed.map((object) => [object.key, object]));
  const read = documentReader(store, all, readings);

  const runs = new Map<string, RunNames>();
  const unreadableRuns = new Map<string, string>();
  const notes = new Map<string, Names[]>();
  const records = new Map<string, Names>();
  const thinned = new Map<string, ReadonlySet<string>>();
  const pointers = new Map<string, readonly string[] | undefined>();

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
        thinned.set(training!, (await read(key, digestsOf)) ?? new Set());
      },
    ],
    [
      /^registry\/.+\.json$/,
      async (key) => {
        pointers.set(key, await read(key, runsOfPointer));
      },
    ],
  ];
  await eachAtOnce(listed, readers, async ({ key }) => {
    for (const [form, take] of kinds) {
      const parts = form.exec(key);
      if (parts) await take(key, ...parts.slice(1));
    }
  });

  const epochs = await readEpochs(all, records, read);
  return { objects: all, runs, unreadableRuns, notes, records, epochs, thinned, pointers };
}

/**
 * What every training's epochs name. A finished training's history names all that were there when
 * its record was written: of the epochs' own records only the later ones are read.
 */
async function readEpochs(
  all: ReadonlyMap<string, StoredObject>,
  records: ReadonlyMap<string, Names>,
  read: Read,
): Promise<Map<string, Names[]>> {
  const byTraining = new Map<string, StoredObject[]>();
  for (const object of all.values()) {
    const training = trainingIn(object.key);
    if (training === undefined || !object.key.includes('/epochs/')) continue;
    const others = byTraining.get(training);
    if (others) others.push(object);
    else byTraining.set(training, [object]);
  }
  const epochs = new Map<string, Names[]>();
  const left: [string, string][] = [];
  await eachAtOnce([...byTraining], readers, async ([training, found]) => {
    const key = `stages/train/${training}.json`;
    const outputs = [...(records.get(key)?.blobs ?? [])];
    const histories = await Promise.all(
      outputs.map(([sha256, bytes]) => read(blobKey({ sha256, bytes }), namesOfEpochs)),
    );
    const told = histories.filter((names) => names !== undefined);
    epochs.set(training, told);
    const since = told.length > 0 ? all.get(key)!.modified : undefined;
    for (const { key: epoch, modified } of found)
      if (since === undefined || modified >= since) left.push([training, epoch]);
  });
  await eachAtOnce(left, readers, async ([training, key]) => {
    const names = await read(key, namesOfEpochs);
    if (names) epochs.get(training)!.push(names);
  });
  return epochs;
}

/** A document's value, undefined where it cannot be read. */
function documentReader(
  store: Pick<Store, 'readObject'>,
  all: ReadonlyMap<string, StoredObject>,
  readings: Readings,
): Read {
  return async <T>(key: string, make: (json: unknown) => T): Promise<T | undefined> => {
    const listed = all.get(key);
    if (listed === undefined) return undefined;
    const known = readings.get(key);
    if (known !== undefined && known.etag === listed.etag) return known.value as T;
    const found = await store.readObject(key, longest);
    if (found?.content === undefined) return undefined;
    const { value: json, problem } = parseDocument(found.content, z.unknown());
    const value = problem === undefined ? make(json) : undefined;
    readings.set(key, { etag: found.etag, value });
    return value;
  };
}
