import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where downloads and builds are kept for this user, on every checkout.
 * @param {Record<string, string | undefined>} variables XDG_CACHE_HOME decides where it is set
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
 * Where the cache keeps a program that was downloaded or built.
 * @param {string} cache
 * @param {string} name with its version, e.g. `temporal-1.8.2`
 * @returns {string}
 */
export const cachedProgram = (cache, name) =>
  join(cache, 'bin', `${name}-${process.platform}-${process.arch}`);
