import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from '../../packages/processes/src/lock.mjs';
import { readJsonIfWhole } from './read-json.mjs';

/**
 * Installs what package-lock.json names, unless just that is installed. npm writes its own record
 * of node_modules last, so an installation that was interrupted counts as none, also when it was
 * interrupted within the record.
 * @param {string} workspace
 * @param {{ npm?: string | undefined, say: (text: string) => void }} options npm: path of npm's own script
 */
export async function installPackages(workspace, { npm, say }) {
  if (isInstalled(workspace)) return;
  const wait = {
    onWait: (/** @type {{ pid: number }} */ { pid }) =>
      say(`Process ${pid} is installing the packages; waiting …`),
  };
  const lock = join(workspace, '.atelier', 'install.lock');
  await withLock(
    lock,
    async () => {
      if (isInstalled(workspace)) return;
      say('Installing the packages with npm (about a minute) …');
      runNpm(workspace, npm);
    },
    wait,
  );
}

/**
 * @param {string} workspace
 * @param {string | undefined} npm
 */
function runNpm(workspace, npm) {
  const args = ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'];
  const [command, ...first] = npm ? [process.execPath, npm] : ['npm'];
  const { status, error } = spawnSync(command, [...first, ...args], {
    cwd: workspace,
    stdio: ['ignore', process.stderr, process.stderr],
  });
  if (status === 0) return;
  throw new Error(`\`npm ci\` failed (${error?.message ?? `exit code ${status}`}); see above.`);
}

/**
 * Whether node_modules holds what the lockfile names, by npm's own record of it.
 * @param {string} workspace
 * @returns {boolean}
 */
export function isInstalled(workspace) {
  const record = readJsonIfWhole(join(workspace, 'node_modules', '.package-lock.json'));
  const present = record?.packages;
  if (present === undefined) return false;
  const lockfile = join(workspace, 'package-lock.json');
  const { packages: wanted } = JSON.parse(readFileSync(lockfile, 'utf8'));
  const commands = Object.entries(wanted)
    .filter(([path]) => !path.includes('node_modules/'))
    .flatMap(([, { bin }]) => Object.keys(bin ?? {}));
  return (
    Object.entries(wanted)
      .filter(([path]) => path.includes('node_modules/'))
      .every(([path, entry]) => isSamePackage(entry, present[path])) &&
    // A workspace's own commands are linked only when everything is installed.
    commands.every((name) => existsSync(join(workspace, 'node_modules', '.bin', name)))
  );
}

/**
 * @param {any} wanted its entry in the lockfile
 * @param {any} present its entry in npm's record, if there is one
 */
function isSamePackage(wanted, present) {
  // Packages of other platforms are in the lockfile only.
  if (present === undefined) return wanted.optional === true || wanted.devOptional === true;
  return (
    wanted.version === present.version &&
    wanted.integrity === present.integrity &&
    wanted.link === present.link
  );
}
