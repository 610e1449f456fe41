import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cacheDirectory, cachedProgram } from './cache-directory.mjs';
import { installCommand, isCommand } from './package-managers.mjs';

/** Older ones lack what the sources use (import.meta.dirname, fs options). */
export const MINIMUM_NODE = [20, 12];

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
      name: `Node.js ${MINIMUM_NODE.join('.')} or newer`,
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
  const [minimumMajor, minimumMinor] = MINIMUM_NODE;
  return major > minimumMajor || (major === minimumMajor && minor >= minimumMinor);
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
