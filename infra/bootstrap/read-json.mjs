import { readFileSync } from 'node:fs';

/**
 * A JSON file that may be absent, or cut short because its writer was killed: both are undefined.
 * @param {string} path
 * @returns {any}
 */
export function readJsonIfWhole(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined;
    throw error;
  }
}
