import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages, isInstalled } from './packages.mjs';
import { missingMessage, prerequisites } from './prerequisites.mjs';
import { isProvisioned } from './provisioned.mjs';

export const workspace = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Takes a fresh clone to the point where Atelier runs: checks the machine, installs the packages,
 * provisions TensorFlow, Temporal and MinIO. Needs nothing installed but Node. Quick when all of
 * it was done before.
 * @param {Record<string, string | undefined>} variables the environment
 */
export async function bootstrap(variables) {
  if (isInstalled(workspace) && isProvisioned(workspace, variables)) return;
  const missing = missingMessage(await prerequisites(variables));
  if (missing) fail(missing);
  await installPackages(workspace, { npm: variables.npm_execpath, say }).catch((error) =>
    fail(error.message),
  );
  const entry = join(workspace, 'infra', 'src', 'provision-main.ts');
  const { status, signal } = spawnSync(process.execPath, ['--import', 'tsx', entry], {
    cwd: workspace,
    stdio: ['ignore', process.stderr, process.stderr],
  });
  if (signal) process.kill(process.pid, signal);
  if (status !== 0) process.exit(status ?? 1);
}

/** Progress goes to the error stream, so that a command's own output stays clean. */
function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(message) {
  say(message);
  process.exit(1);
}
