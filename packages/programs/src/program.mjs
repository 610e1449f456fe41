import { join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { currentProgram, workspace } from './made-program.mjs';

/**
 * A program is an entry point in TypeScript. It runs as JavaScript that is made of it and of all
 * that it imports of the workspace, kept below node_modules and made anew when a source changed: a
 * process starts in a third of the time (decision 21). This is plain JavaScript, since nothing else
 * can run yet.
 */

/** The file that Node runs, with an entry point's path as its first argument. */
export const launcher = fileURLToPath(new URL('../bin/run.mjs', import.meta.url));

/**
 * The arguments with which Node runs a program.
 * @param {URL} entry
 * @param {...string} rest the program's own arguments
 * @returns {string[]}
 */
export const programArguments = (entry, ...rest) => [launcher, fileURLToPath(entry), ...rest];

/**
 * The module to import in an entry point's place; made first where its sources are newer.
 * @param {string | URL} entry
 * @returns {Promise<string>} a URL
 */
export async function compiledProgram(entry) {
  const path = typeof entry === 'string' ? entry : fileURLToPath(entry);
  const name = relative(workspace, path).split(sep).join('.');
  const folder = join(workspace, 'node_modules', '.cache', 'atelier-programs', name);
  // Traces name lines of the sources.
  process.setSourceMapsEnabled(true);
  const made = currentProgram(folder);
  if (made) return pathToFileURL(join(folder, made.main)).href;
  const { compileProgram } = await import('./compile-program.mjs');
  return compileProgram(path, folder);
}
