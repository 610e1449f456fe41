import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { installCommand, isCommand } from './package-managers.mjs';
import { cachedProgram } from './provisioned.mjs';

/** What Vite and Rolldown, which run the tests, work with. */
const NODE = '20.19, or 22.12 or newer';

const REACHABLE_MS = 5_000;

/** @typedef {import('../../packages/environment/src/variables.mjs').BootstrapSettings} Settings */

/**
 * @typedef {object} Prerequisite
 * @property {string} name for people
 * @property {string | undefined} [found] its version; absent when it is missing
 * @property {string} why what needs it
 * @property {string} remedy the command that installs it
 */

/**
 * Looks for everything that must be on the machine before Atelier can install the rest.
 * @param {Settings} settings
 * @returns {Promise<Prerequisite[]>} all of them, the missing ones without `found`
 */
export async function prerequisites(settings) {
  const python = firstLine('python3', ['--version']);
  const compilers = ['c++', 'g++', 'clang++'];
  if (settings.compiler) compilers.unshift(settings.compiler);
  const compiler = compilers.find(isCommand);
  return [
    {
      name: 'Linux with glibc, on x86-64 or arm64',
      found: architecture() && `${process.platform}-${process.arch}`,
      why: `TensorFlow's library is made for it; this is ${process.platform}-${process.arch}`,
      remedy: 'use such a machine, a container or a virtual machine',
    },
    {
      name: `Node.js ${NODE}`,
      found: isNodeNewEnough(process.versions.node) ? process.versions.node : undefined,
      why: `it runs Atelier; this is ${process.versions.node}`,
      remedy: 'https://nodejs.org/en/download, or `nvm install 20`',
    },
    {
      name: 'npm',
      found: firstLine('npm', ['--version']),
      why: 'it installs the packages',
      remedy: 'it comes with Node.js: https://nodejs.org/en/download',
    },
    {
      name: 'Python 3',
      found: python,
      why: 'pip fetches the TensorFlow library, node-gyp builds its addon',
      remedy: installCommand('python') ?? 'https://www.python.org/downloads',
    },
    {
      name: 'pip for Python 3',
      found: firstLine('python3', ['-m', 'pip', '--version']),
      why: 'it fetches the TensorFlow library',
      remedy: installCommand('pip') ?? '`python3 -m ensurepip --user`',
    },
    {
      name: 'a C++ compiler',
      found: compiler && firstLine(compiler, ['--version']),
      why: "it builds TensorFlow's addon for Node",
      remedy: installCommand('compiler') ?? 'install g++ or clang++',
    },
    {
      name: 'make',
      found: firstLine('make', ['--version']),
      why: "it builds TensorFlow's addon for Node",
      remedy: installCommand('make') ?? 'install make',
    },
    ...(await goIfNeeded(settings)),
  ];
}

/**
 * What to print when something is missing; undefined when nothing is.
 * @param {Prerequisite[]} found
 * @returns {string | undefined}
 */
export function missingMessage(found) {
  const missing = found.filter((prerequisite) => prerequisite.found === undefined);
  if (missing.length === 0) return undefined;
  const entries = missing.map(({ name, why, remedy }) => `  ${name}: ${why}\n    ${remedy}`);
  const count = missing.length === 1 ? 'This is' : 'These are';
  return `${count} missing on this machine, so nothing was started:\n${entries.join('\n')}`;
}

/** @param {string} version */
export function isNodeNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
}

/**
 * What TensorFlow's wheels call this machine's processor; undefined where there are none.
 * They are built against glibc, so Alpine's musl cannot load them.
 * @returns {'x86_64' | 'aarch64' | undefined}
 */
export function architecture() {
  const machine = `${process.platform}-${process.arch}`;
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (
    process.report.getReport()
  );
  if (!report.header?.glibcVersionRuntime) return undefined;
  if (machine === 'linux-x64') return 'x86_64';
  return machine === 'linux-arm64' ? 'aarch64' : undefined;
}

/**
 * Go builds Temporal and MinIO, and only where they are neither there nor to be downloaded.
 * @param {Settings} settings
 * @returns {Promise<Prerequisite[]>}
 */
async function goIfNeeded(settings) {
  const go = firstLine('go', ['version']);
  const lacking = lackingPrograms(settings);
  if (go === undefined && lacking.length === 0) return [];
  const why = lacking.length
    ? `it builds ${lacking.map(({ name }) => name).join(' and ')}, which cannot be downloaded here`
    : 'it builds Temporal and MinIO where they cannot be downloaded';
  const remedy = `https://go.dev/doc/install, or ${installCommand('go') ?? 'a package'}`;
  const entry = { name: 'Go', found: go, why, remedy };
  if (go !== undefined) return [entry];
  // Without packages there is no way through a proxy: there, the download itself will tell.
  if (settings.proxied) return [];
  const reachable = await Promise.all(lacking.map(({ published }) => isReachable(published)));
  return reachable.every(Boolean) ? [] : [entry];
}

/**
 * The programs that are not on this machine, and the address that shows whether they can be
 * downloaded.
 * @param {Settings} settings
 * @returns {{ name: string, published: string }[]}
 */
function lackingPrograms({ cacheDirectory, binaries, external }) {
  const versions = JSON.parse(readFileSync(new URL('../versions.json', import.meta.url), 'utf8'));
  const programs = [
    {
      name: 'Temporal',
      command: 'temporal',
      given: external.temporal || binaries.temporal !== undefined,
    },
    { name: 'MinIO', command: 'minio', given: external.s3 || binaries.minio !== undefined },
  ];
  return programs
    .filter(
      ({ command, given }) =>
        !given &&
        !existsSync(cachedProgram(cacheDirectory, versions[command].cached)) &&
        !isCommand(command),
    )
    .map(({ name, command }) => ({ name, published: versions[command].published }));
}

/** @param {string} url */
async function isReachable(url) {
  try {
    const response = await fetch(url, {
      method: 'HEAD',
      signal: AbortSignal.timeout(REACHABLE_MS),
    });
    return response.ok;
  } catch {
    return false;
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {string | undefined}
 */
function firstLine(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0]?.trim() : undefined;
}
