import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Changes when any source file of the packages does, by size or time: a worker of older code has
 * to be started again. Contents are not read, so that this takes a few milliseconds.
 */
export function codeVersion(workspace: string): string {
  const hash = createHash('sha256');
  const packages = join(workspace, 'packages');
  const folders = existsSync(packages)
    ? readdirSync(packages).map((name) => join(packages, name, 'src'))
    : [];
  for (const folder of folders.filter(existsSync)) {
    for (const path of sources(folder)) {
      const { size, mtimeMs } = statSync(path);
      hash.update(`${path} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /[.](ts|mjs)$/.test(path) && !path.endsWith('.test.ts'))
    .sort()
    .map((path) => join(folder, path));
}
