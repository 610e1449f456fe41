import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrapSettings } from '../../packages/environment/src/variables.mjs';
import { programArguments } from '../../packages/programs/src/program.mjs';
import { installPackages, isInstalled } from './packages.mjs';
import { missingMessage, prerequisites } from './prerequisites.mjs';
import { isProvisioned } from './provisioned.mjs';

export const workspace = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Takes a fresh clone to the point where Atelier runs: checks the machine, installs the packages,
 * provisions TensorFlow, Temporal and MinIO. Needs nothing installed but Node. Quick when all of
 * it was done before.
 */
export async function bootstrap() {
  const settings = bootstrapSettings();
  if (isInstalled(workspace) && isProvisioned(workspace, settings)) return;
  const missing = missingMessage(await prerequisites(settings));
  if (missing) fail(missing);
  await installPackages(workspace, { npm: settings.npm, say }).catch((error) =>
    fail(error.message),
  );
  const entry = new URL('../src/provision-main.ts', import.meta.url);
  const { status, signal } = spawnSync(process.execPath, programArguments(entry), {
    cwd: workspace,
    stdio: ['ignore', process.stderr, process.stderr],
  });
  if (signal) process.kill(process.pid, signal);
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * Progress goes to the error stream, so that a command's own output stays clean.
 * @param {string} text
 */
function say(text) {
  process.stderr.write(`${text}\n`);
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  say(message);
  process.exit(1);
}
