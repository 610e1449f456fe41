import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * SHA-256 of the sources of all packages and the version of Temporal's SDK: the same for the same
 * code on every machine. Names a worker's build, and the bundle that is made of it.
 */
export function codeDigest(workspace: string): string {
  const hash = createHash('sha256');
  const sdk = createRequire(import.meta.url)('@temporalio/worker/package.json') as {
    version: string;
  };
  hash.update(`sdk ${sdk.version}\n`);
  const packages = join(workspace, 'packages');
  for (const name of readdirSync(packages).sort())
    for (const file of sources(join(packages, name, 'src')))
      hash.update(`${name}/${file}\n`).update(readFileSync(join(packages, name, 'src', file)));
  return hash.digest('hex');
}

function sources(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => /[.](ts|mjs)$/.test(path) && !path.endsWith('.test.ts'))
      .sort();
  } catch {
    return [];
  }
}
