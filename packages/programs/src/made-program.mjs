import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const workspace = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/**
 * A program that was made, as current.json in its folder describes it.
 * @typedef {object} MadeProgram
 * @property {string} workspace where it was made: the code names its sources by absolute paths
 * @property {string} main the file to import, relative to the folder
 * @property {Record<string, Stamp>} sources by path in the workspace
 */

/**
 * Size and modification time of a file: changes when the file does.
 * @typedef {readonly [bytes: number, milliseconds: number]} Stamp
 */

/**
 * The program that was made last, unless a source was changed since.
 * @param {string} folder
 * @returns {MadeProgram | undefined}
 */
export function currentProgram(folder) {
  const made = readMade(folder);
  return made && isCurrent(made) ? made : undefined;
}

/**
 * @param {string} folder
 * @returns {MadeProgram | undefined}
 */
function readMade(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, 'current.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {MadeProgram} made */
function isCurrent(made) {
  return (
    made.workspace === workspace &&
    Object.entries(made.sources).every(([path, [bytes, milliseconds]]) => {
      const [size, time] = stampOf(path) ?? [];
      return size === bytes && time === milliseconds;
    })
  );
}

/**
 * @param {string} path in the workspace
 * @returns {Stamp | undefined} undefined where there is no such file
 */
export function stampOf(path) {
  const found = statSync(join(workspace, path), { throwIfNoEntry: false });
  return found && [found.size, found.mtimeMs];
}
