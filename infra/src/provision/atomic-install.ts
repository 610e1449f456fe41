import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { explainFileError } from '@atelier/files';
import { processIdentity, withLock } from '@atelier/processes';

const PURPOSE = 'the cache of downloads and builds (XDG_CACHE_HOME moves it)';

/**
 * Makes `target` (a file or folder in the cache) unless it is there. `build` writes it at another
 * path of the cache; it appears under its name complete or not at all, and one process at a time
 * builds it.
 * @param onWait called once when another process is building it
 */
export async function installAtomically(
  target: string,
  build: (draft: string) => Promise<void>,
  onWait?: (pid: number) => void,
): Promise<void> {
  if (existsSync(target)) return;
  try {
    await withLock(
      `${target}.lock`,
      async () => {
        if (existsSync(target)) return;
        await buildAndMove(target, build);
      },
      { onWait: ({ pid }) => onWait?.(pid) },
    );
  } catch (error) {
    throw explainFileError(error, target, PURPOSE);
  }
}

async function buildAndMove(target: string, build: (draft: string) => Promise<void>) {
  await removeAbandonedDrafts(target);
  const draft = `${target}${draftEnding()}${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(dirname(target), { recursive: true });
  try {
    await build(draft);
    await flush(draft);
    await rename(draft, target);
    await flushEntry(dirname(target));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Followed by the pid. No name of a host holds an @, so that none is the beginning of another's. */
const draftEnding = (): string => `.draft-${hostname()}@`;

/**
 * What a killed build left. The lock is ours, so a draft of a live process is not of this target.
 * Drafts of another machine (a shared home) are left to it: it alone sees whether their process lives.
 */
async function removeAbandonedDrafts(target: string): Promise<void> {
  const prefix = `${basename(target)}${draftEnding()}`;
  const entries = await readdir(dirname(target)).catch(() => []);
  for (const entry of entries.filter((name) => name.startsWith(prefix))) {
    if (processIdentity(Number(entry.slice(prefix.length))) !== undefined) continue;
    await rm(join(dirname(target), entry), { recursive: true, force: true });
  }
}

/** The content must be on the disk before the name is: a power cut could swap their order. */
async function flush(path: string): Promise<void> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch((error) => {
    if (error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (entries === undefined) return flushEntry(path);
  for (const entry of entries) {
    if (entry.isFile() || entry.isDirectory()) await flushEntry(join(entry.parentPath, entry.name));
  }
  await flushEntry(path);
}

async function flushEntry(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
