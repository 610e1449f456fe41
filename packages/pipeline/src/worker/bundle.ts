import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeWhole } from '@atelier/files';
import { bundleWorkflowCode, type Logger } from '@temporalio/worker';

/** The workflows and all that they import, as Temporal's sandbox runs them. */
export async function bundleWorkflows(logger?: Logger): Promise<string> {
  const at = (name: string): string =>
    fileURLToPath(new URL(`../workflow/${name}`, import.meta.url));
  const { code } = await bundleWorkflowCode({
    workflowsPath: at('index.ts'),
    payloadConverterPath: at('payload-converter.ts'),
    ...(logger ? { logger } : {}),
  });
  return code;
}

/** The same from a cache on disk: bundling takes 2 s, which every start of a worker would wait. */
export async function cachedBundle(
  directory: string,
  digest: string,
  logger: Logger,
): Promise<string> {
  const path = join(directory, `workflows-${digest.slice(0, 16)}.js`);
  const cached = await readFile(path, 'utf8').catch(() => undefined);
  if (cached !== undefined) return cached;
  const code = await bundleWorkflows(logger);
  await writeWhole(path, code);
  return code;
}

/**
 * SHA-256 of the sources of all packages and the versions of what workflows import: the same for the
 * same code on every machine. Names a worker's build, and the bundle that is made of it.
 */
export function codeDigest(workspace: string): string {
  const hash = createHash('sha256');
  const require = createRequire(import.meta.url);
  for (const name of ['@temporalio/worker', 'zod']) {
    const { version } = require(`${name}/package.json`) as { version: string };
    hash.update(`${name} ${version}\n`);
  }
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
