import { stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef } from '@atelier/artifacts';
import { WorldError } from '@atelier/errors';
import { hashedFile } from '@atelier/files';
import type { Store } from '../run-store.ts';

/** Blobs as local files, for child processes that read paths. */
export interface BlobFiles {
  /** A file with exactly the blob's bytes, fetched only if it is not here yet. */
  path(ref: BlobRef): Promise<string>;
  /** The same, and what the file was when its bytes were checked, see `hashedFile`. */
  file(ref: BlobRef): Promise<{ path: string; stamp: string }>;
}

const day = 86_400_000;

/** @param directory a cache: anything in it may be deleted at any time */
export function openBlobFiles(store: Store, directory: string): BlobFiles {
  async function file(ref: BlobRef): Promise<{ path: string; stamp: string }> {
    const path = join(directory, ref.sha256.slice(0, 2), ref.sha256);
    const here = await verified(path, ref);
    if (here !== undefined) return here;
    await store.getBlobToFile(ref, path);
    const fetched = await verified(path, ref);
    if (fetched !== undefined) return fetched;
    throw new WorldError({
      what: 'A file of the cache is not what was just written to it.',
      where: path,
      expected: `SHA-256 ${ref.sha256}`,
      found: 'other bytes',
      remedy: 'check the disk, and that no other program writes there (XDG_CACHE_HOME moves it)',
    });
  }
  return { file, path: async (ref) => (await file(ref)).path };
}

// A disk may lie and a person may edit: what is used is what was checked.
async function verified(
  path: string,
  ref: BlobRef,
): Promise<{ path: string; stamp: string } | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.size !== ref.bytes) return undefined;
  const now = new Date();
  // Its age is how long it was not used, see pruneCache. Once a day: whoever trains on the file
  // reads it to its end to see that it was only touched.
  if (now.getTime() - found.mtimeMs > day) await utimes(path, now, now);
  const { sha256, stamp } = await hashedFile(path);
  return sha256 === ref.sha256 ? { path, stamp } : undefined;
}
