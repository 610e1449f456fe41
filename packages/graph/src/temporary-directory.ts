import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

/** Removes the folders of processes that are gone. */
export function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const owner = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    const directory = join(parent, name);
    try {
      if (Date.now() - statSync(directory).mtimeMs < staleAfterMs) continue;
      rmSync(directory, { recursive: true, force: true });
    } catch {
      // Another user's, or swept by another process at the same time.
    }
  }
}
