import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cacheDirectory, cachedProgram } from './cache-directory.mjs';
import { installCommand, isCommand } from './package-managers.mjs';

/** What Vite and Rolldown, which run the tests, work with. */
const NODE = '20.19, or 22.12 or newer';

const REACHABLE_MS = 5_000;

/**
 * @typedef {object} Prerequisite
 * @property {string} name for people
 * @property {string} [found] its version; absent when it is missing
 * @property {string} why what needs it
 * @property {string} remedy the command that installs it
 */

/**
 * Looks for everything that must be on the machine before Atelier can install the rest.
 * @param {Record<string, string | undefined>} variables the environment
 * @returns {Promise<Prerequisite[]>} all of them, the missing ones without `found`
 */
export async function prerequisites(variables) {
  const python = firstLine('python3', ['--version']);
  const compiler = [variables.CXX, 'c++', 'g++', 'clang++'].filter(Boolean).find(isCommand);
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
    ...(await goIfNeeded(variables)),
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
  const glibc = process.report.getReport().header?.glibcVersionRuntime;
  return glibc && { 'linux-x64': 'x86_64', 'linux-arm64': 'aarch64' }[machine];
}

/**
 * Go builds Temporal and MinIO, and only where they are neither there nor to be downloaded.
 * @returns {Promise<Prerequisite[]>}
 */
async function goIfNeeded(variables) {
  const go = firstLine('go', ['version']);
  const lacking = lackingPrograms(variables);
  if (go === undefined && lacking.length === 0) return [];
  const why = lacking.length
    ? `it builds ${lacking.map(({ name }) => name).join(' and ')}, which cannot be downloaded here`
    : 'it builds Temporal and MinIO where they cannot be downloaded';
  const remedy = `https://go.dev/doc/install, or ${installCommand('go') ?? 'a package'}`;
  const entry = { name: 'Go', found: go, why, remedy };
  if (go !== undefined) return [entry];
  const reachable = await Promise.all(lacking.map(({ published }) => isReachable(published)));
  return reachable.every(Boolean) ? [] : [entry];
}

function lackingPrograms(variables) {
  const versions = JSON.parse(readFileSync(new URL('../versions.json', import.meta.url), 'utf8'));
  const cache = cacheDirectory(variables);
  const isLacking = (command, binary, external) =>
    !external &&
    !binary &&
    !existsSync(cachedProgram(cache, versions[command].cached)) &&
    !isCommand(command);
  const { TEMPORAL_ADDRESS, TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE } = variables;
  const externalTemporal = TEMPORAL_ADDRESS || TEMPORAL_PROFILE || TEMPORAL_CONFIG_FILE;
  return [
    isLacking('temporal', variables.ATELIER_TEMPORAL_BINARY, externalTemporal) && {
      name: 'Temporal',
      published: versions.temporal.published,
    },
    isLacking('minio', variables.ATELIER_MINIO_BINARY, variables.ATELIER_S3_ENDPOINT) && {
      name: 'MinIO',
      published: versions.minio.published,
    },
  ].filter(Boolean);
}

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

function firstLine(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0].trim() : undefined;
}
