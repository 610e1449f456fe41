import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * What is read before any package is installed: plain JavaScript without a dependency, so that
 * the bootstrap decides by the same code as everything after it.
 *
 * @typedef {Readonly<Record<string, string | undefined>>} Variables the environment, or a part
 */

/**
 * The environment as it is. Nothing else in the project reads it: biome.json names the exceptions.
 * @returns {Variables}
 */
export function processVariables() {
  return { ...process.env };
}

/**
 * Where downloads and builds are kept for this user, on every checkout.
 * @param {Variables} variables XDG_CACHE_HOME decides where it is set
 * @param {string} [platform] as process.platform
 * @returns {string}
 */
export function cacheDirectory(variables, platform = process.platform) {
  if (variables.XDG_CACHE_HOME) return join(variables.XDG_CACHE_HOME, 'atelier');
  const home = variables.HOME || homedir();
  return platform === 'darwin'
    ? join(home, 'Library', 'Caches', 'atelier')
    : join(home, '.cache', 'atelier');
}

/**
 * What decides what has to be there, unchecked: readEnvironment refuses bad values by name.
 * @typedef {object} BootstrapSettings
 * @property {string} cacheDirectory
 * @property {string | undefined} device
 * @property {{ temporal: string | undefined, minio: string | undefined }} binaries
 * @property {{ temporal: boolean, s3: boolean }} external whether a service is elsewhere
 * @property {string | undefined} compiler the C++ compiler that the person prefers
 * @property {string | undefined} npm path of the npm that runs this process
 * @property {boolean} proxied whether this network has a proxy, which downloads then take
 */

/**
 * @param {Variables} [variables]
 * @returns {BootstrapSettings}
 */
export function bootstrapSettings(variables = processVariables()) {
  const { TEMPORAL_ADDRESS, TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE } = variables;
  return {
    cacheDirectory: cacheDirectory(variables),
    device: variables.ATELIER_DEVICE || undefined,
    binaries: {
      temporal: variables.ATELIER_TEMPORAL_BINARY || undefined,
      minio: variables.ATELIER_MINIO_BINARY || undefined,
    },
    external: {
      temporal: Boolean(TEMPORAL_ADDRESS || TEMPORAL_PROFILE || TEMPORAL_CONFIG_FILE),
      s3: Boolean(variables.ATELIER_S3_ENDPOINT),
    },
    compiler: variables.CXX || undefined,
    npm: variables.npm_execpath || undefined,
    proxied: ['https_proxy', 'all_proxy'].some((name) =>
      Boolean(variables[name] || variables[name.toUpperCase()]),
    ),
  };
}
