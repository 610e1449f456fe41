/**
 * The crash matrix by hand: `npx nx run pipeline:crash-matrix`. `--only worker/` runs the cells
 * whose names contain that, and writes nothing; `--list` names all.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readEnvironment } from '@atelier/environment';
import { faults, kills } from './cells.ts';
import { formatMatrix } from './document.ts';
import { pruneCells } from './prune-cells.ts';
import type { CellResult } from './run-cell.ts';
import { runMatrix } from './run-matrix.ts';

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true }, list: { type: 'boolean' } },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const all = [...kills, ...faults, ...pruneCells];
const { only } = values;
const chosen = only ? all.filter(({ name }) => only.some((part) => name.includes(part))) : all;

if (values.list) {
  for (const { name } of chosen) say(name);
} else {
  const began = performance.now();
  const matrix = await runMatrix(chosen, (result) => say(lineOf(result)));
  for (const { name, why } of matrix.skipped) say(`- ${name}: not tried, ${why}`);
  const minutes = (performance.now() - began) / 60_000;
  const failed = matrix.results.filter(({ problem }) => problem !== undefined);
  const path = join(readEnvironment().workspace, 'docs', 'crash-matrix.md');
  if (!only) await writeFile(path, formatMatrix(matrix, minutes));
  say(`${matrix.results.length} cells in ${minutes.toFixed(0)} min, ${failed.length} failed`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

function lineOf({ name, seconds, recoverySeconds, problem }: CellResult): string {
  const recovery =
    recoverySeconds === undefined ? '' : `, trained on after ${recoverySeconds.toFixed(1)} s`;
  const time = `${seconds.toFixed(1).padStart(6)} s`;
  return `${problem ? '✗' : '✓'} ${name.padEnd(40)} ${time}${recovery}${problem ? `: ${problem}` : ''}`;
}
