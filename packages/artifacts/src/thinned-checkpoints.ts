import { z } from 'zod';
import { digestSchema } from './blob-ref.ts';
import { blobKey } from './blobs.ts';
import { getDocument, putDocument } from './documents.ts';
import type { Objects } from './objects.ts';
import { replace } from './set-aside.ts';

/** A checkpoint of a training. */
interface ThinnedCheckpoint {
  epoch: number;
  sha256: string;
}

/**
 * Which checkpoints of a training are not kept. Their epochs' records stay: they say what was
 * trained, and this says what of it need not be there any more.
 */
export interface ThinnedCheckpoints {
  /** Epochs by the digest of their checkpoint; undefined where nobody has looked at this training. */
  readThinned(training: string): Promise<ReadonlyMap<string, number> | undefined>;
  /** Adds checkpoints to those that need not be there; with none, says that somebody has looked. */
  addThinned(training: string, checkpoints: readonly ThinnedCheckpoint[]): Promise<void>;
  /** Says what a run wants kept of the training that it works on; its last word counts. */
  wishToKeep(training: string, run: string, wish: string): Promise<void>;
  /** What the runs that worked on a training want kept of it; an unreadable wish is left out. */
  readWishes(training: string): Promise<string[]>;
  /** The names of all trainings that have an epoch or a record. */
  listTrainings(): Promise<string[]>;
  /** Removes checkpoints that nobody needs; one that is gone is no error. */
  removeCheckpoint(sha256: string): Promise<void>;
}

const thinnedSchema = z.strictObject({
  schemaVersion: z.literal(1),
  checkpoints: z.array(z.strictObject({ epoch: z.int().positive(), sha256: digestSchema })),
});

const wishSchema = z.strictObject({
  schemaVersion: z.literal(1),
  run: z.string(),
  keep: z.string(),
});

/** Bytes: an epoch has about a hundred, and a training may have a hundred thousand. */
const longest = 32 * 1024 ** 2;

const readThinned = (objects: Objects, training: string) =>
  getDocument(objects, thinnedKey(training), thinnedSchema, longest);

/** Takes checkpoints that are going to be made anew off the list of those that need not be there. */
export async function expectAgain(
  objects: Objects,
  training: string,
  digests: ReadonlySet<string>,
): Promise<void> {
  for (;;) {
    const found = await readThinned(objects, training);
    if (found?.value === undefined) return;
    const checkpoints = found.value.checkpoints.filter(({ sha256 }) => !digests.has(sha256));
    if (checkpoints.length === found.value.checkpoints.length) return;
    const value = { schemaVersion: 1, checkpoints };
    if (await putDocument(objects, thinnedKey(training), value, { etag: found.etag })) return;
  }
}

const thinnedKey = (training: string): string => `stages/train/${training}/thinned.json`;
const wishFolder = (training: string): string => `stages/train/${training}/keep/`;

export function openThinnedCheckpoints(objects: Objects): ThinnedCheckpoints {
  const read = (training: string) => readThinned(objects, training);
  return {
    async readThinned(training) {
      const checkpoints = (await read(training))?.value?.checkpoints;
      return checkpoints && new Map(checkpoints.map(({ epoch, sha256 }) => [sha256, epoch]));
    },
    async addThinned(training, added) {
      const key = thinnedKey(training);
      for (;;) {
        const found = await read(training);
        const known = found?.value?.checkpoints ?? [];
        const all = new Map([...known, ...added].map((each) => [each.sha256, each]));
        if (found?.value && all.size === known.length) return;
        const checkpoints = [...all.values()].sort((a, b) => a.epoch - b.epoch);
        const value = { schemaVersion: 1, checkpoints };
        const written = found
          ? await (found.value
              ? putDocument(objects, key, value, { etag: found.etag })
              : replace(objects, key, found, value))
          : await putDocument(objects, key, value, 'absent');
        if (written !== undefined) return;
        // Another run has added to it meanwhile.
      }
    },
    async wishToKeep(training, run, keep) {
      await putDocument(objects, `${wishFolder(training)}${run}.json`, {
        schemaVersion: 1,
        run,
        keep,
      });
    },
    async readWishes(training) {
      const found = await objects.listFiles(wishFolder(training));
      const wishes = await Promise.all(
        found.map(({ key }) => getDocument(objects, key, wishSchema)),
      );
      return wishes.flatMap((wish) => wish?.value?.keep ?? []);
    },
    listTrainings: () => objects.listFolders('stages/train/'),
    removeCheckpoint: (sha256) => objects.remove(blobKey({ sha256, bytes: 0 })),
  };
}
