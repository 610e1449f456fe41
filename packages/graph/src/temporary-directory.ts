import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '@atelier/processes';

const prefix = 'tfjs-graph-';

/** A folder this old is past the moment that it is needed for, even where process ids are not shared. */
const staleAfterMs = 60_000;

let swept = false;

/** Runs `fn` with an empty folder that is gone afterwards; removes those that killed processes left. */
export function withTemporaryDirectory<T>(fn: (directory: string) => T): T {
  if (!swept) sweep(tmpdir());
  swept = true;
  const directory = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  try {
    return fn(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Removes this user's folders of processes that are gone; others may have put anything there. */
export function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const owner = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    const directory = join(parent, name);
    try {
      const stats = lstatSync(directory);
      if (!stats.isDirectory() || stats.uid !== userInfo().uid) continue;
      if (Date.now() - stats.mtimeMs < staleAfterMs) continue;
      rmSync(directory, { recursive: true, force: true });
    } catch {
      // Swept by another process at the same time.
    }
  }
}
