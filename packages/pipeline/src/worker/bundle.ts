import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeWhole } from '@atelier/files';
import { bundleWorkflowCode, type Logger } from '@temporalio/worker';

/** The workflows and all that they import, as Temporal's sandbox runs them. */
export async function bundleWorkflows(logger?: Logger): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflow/index.ts', import.meta.url)),
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
