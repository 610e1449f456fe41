import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A new folder for one attempt at training. Folders of processes that are gone are removed: a
 * worker that was killed could not do so itself.
 */
export async function scratchDirectory(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const pid = Number(/^attempt-(\d+)-/.exec(name)?.[1]);
    if (Number.isInteger(pid) && !isAlive(pid))
      await rm(join(parent, name), { recursive: true, force: true });
  }
  return mkdtemp(join(parent, `attempt-${process.pid}-`));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const day = 86_400_000;

/** Removes the files of a cache, subfolders included, that were not used for some days. */
export async function pruneCache(directory: string, days: number): Promise<void> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  for (const name of names) {
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() && Date.now() - found.mtimeMs > days * day) await rm(path, { force: true });
  }
}
