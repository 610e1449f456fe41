import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What stands at the path: these bytes, or whatever the function makes at the path that it gets. */
type Content = string | Uint8Array | ((draft: string) => Promise<unknown>);

interface WriteOptions {
  /** The permissions of a new file; the process's default where it is not given. */
  mode?: number;
  /** Puts bytes on the disk before their name, so that not even a power cut leaves a part. */
  flush?: boolean;
}

/**
 * Writes under another name and renames: a reader, and whoever comes after a killed writer, sees
 * the old content or the new and never a part. A link at the path is replaced, not followed, and
 * nobody can put one where the other name will be. Makes the folder where there is none.
 */
export async function writeWhole(
  path: string,
  content: Content,
  options: WriteOptions = {},
): Promise<void> {
  const draft = `${path}.draft-${randomBytes(8).toString('hex')}`;
  await mkdir(dirname(path), { recursive: true });
  try {
    if (typeof content === 'function') await content(draft);
    else await writeFile(draft, content, { ...options, flag: 'wx' });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    // Of an open file's writes Node does not say where it lies.
    if (error instanceof Error && 'code' in error && !('path' in error))
      Object.assign(error, { path });
    throw error;
  }
}
