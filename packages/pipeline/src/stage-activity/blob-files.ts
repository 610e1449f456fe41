import { stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef } from '@atelier/artifacts';
import { sha256Of } from '@atelier/files';
import type { Store } from '../run-store.ts';

/** Blobs as local files, for child processes that read paths. */
export interface BlobFiles {
  /** A file with exactly the blob's bytes, fetched only if it is not here yet. */
  path(ref: BlobRef): Promise<string>;
}

/** @param directory a cache: anything in it may be deleted at any time */
export function openBlobFiles(store: Store, directory: string): BlobFiles {
  return {
    async path(ref) {
      const path = join(directory, ref.sha256.slice(0, 2), ref.sha256);
      if (!(await isWhole(path, ref))) await store.getBlobToFile(ref, path);
      // Its age is how long it was not used, see pruneCache.
      const now = new Date();
      await utimes(path, now, now);
      return path;
    },
  };
}

// A disk may lie and a person may edit: what is used is what was checked.
async function isWhole(path: string, ref: BlobRef): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.size !== ref.bytes) return false;
  return (await sha256Of(path)) === ref.sha256;
}
