import { blobRefSchema } from '@atelier/artifacts/blob-ref';
import { z } from 'zod';
import type { Store } from '../run-store.ts';

const seenSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** By name: where a file was seen last, and by what that version of it is known there. */
  files: z.record(
    z.string(),
    z.strictObject({
      ...blobRefSchema.shape,
      ...{ name: z.string(), url: z.string() },
      etag: z.string().optional(),
      modified: z.string().optional(),
    }),
  ),
});

export type SeenFiles = z.output<typeof seenSchema>['files'];

const pointerOf = (dataset: string): string => `sources/${dataset}`;

/** What was seen last of a dataset's followed files, as far as the store still has their bytes. */
export async function readSeen(
  store: Pick<Store, 'readPointer' | 'inspectBlob'>,
  dataset: string,
): Promise<SeenFiles> {
  const pointer = await store.readPointer(pointerOf(dataset));
  const files = Object.entries(seenSchema.safeParse(pointer?.target).data?.files ?? {});
  const faults = await Promise.all(
    files.map(([, { sha256, bytes }]) => store.inspectBlob({ sha256, bytes })),
  );
  return Object.fromEntries(files.filter((_, i) => faults[i] === undefined));
}

/**
 * Remembers what was seen. It only spares downloads: where another run remembers something else at
 * the same moment, that will do as well.
 */
export async function rememberSeen(
  store: Pick<Store, 'readPointer' | 'movePointer'>,
  dataset: string,
  files: SeenFiles,
): Promise<void> {
  const pointer = await store.readPointer(pointerOf(dataset));
  const target = JSON.parse(JSON.stringify({ schemaVersion: 1, files }));
  if (JSON.stringify(pointer?.target) === JSON.stringify(target)) return;
  await store.movePointer(pointerOf(dataset), pointer, target);
}
