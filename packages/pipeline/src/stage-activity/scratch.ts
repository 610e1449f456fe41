import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { goneWorker, workerIdentity } from '../worker/worker-identity.ts';

/** Holds the identity of the worker that uses the folder. */
const ownerFile = 'worker';

/**
 * A new folder for one attempt at a stage. Folders of workers of this machine that are gone are
 * removed: a worker that was killed could not do so itself. Other machines may share the parent.
 */
export async function scratchDirectory(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const owner = await readFile(join(parent, name, ownerFile), 'utf8').catch(() => '');
    if (goneWorker(owner) !== undefined)
      await rm(join(parent, name), { recursive: true, force: true });
  }
  const directory = await mkdtemp(join(parent, 'attempt-'));
  await writeFile(join(directory, ownerFile), workerIdentity());
  return directory;
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
