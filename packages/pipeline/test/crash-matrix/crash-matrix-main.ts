/**
 * The crash matrix by hand: `npx nx run pipeline:crash-matrix`. `--only worker/` runs the cells
 * whose names contain that, and writes no page; `--list` names all; `--lanes 4` tries four at once;
 * `--architecture cnn` has the runs train a network of that kind, and writes the page of that.
 * `--record FILE` keeps what was found in a file: a later call with it adds its cells, or finds them
 * anew, and writes the page when there is a result of every one.
 */
import { writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readEnvironment } from '@atelier/environment';
import { faults, kills } from './cells.ts';
import { formatMatrix, pages } from './document.ts';
import { kinds } from './experiment.ts';
import { gateCells } from './gate-cells.ts';
import { pruneCells } from './prune-cells.ts';
import { registryCells } from './registry-cells.ts';
import type { CellResult } from './run-cell.ts';
import { type Matrix, runMatrix } from './run-matrix.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    list: { type: 'boolean' },
    lanes: { type: 'string', default: '1' },
    record: { type: 'string' },
    architecture: { type: 'string', default: 'mlp' },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const all = [...kills, ...faults, ...pruneCells, ...registryCells, ...gateCells];
const { only, record, lanes } = values;
const kind = kinds.find((one) => one === values.architecture);
if (kind === undefined) throw new Error(`--architecture is one of ${kinds.join(', ')}`);
const chosen = only ? all.filter(({ name }) => only.some((part) => name.includes(part))) : all;

if (values.list) {
  for (const { name } of chosen) say(name);
} else {
  const began = performance.now();
  const earlier = record && (await readFile(record, 'utf8').catch(() => undefined));
  const withEarlier = (matrix: Matrix) =>
    joined(matrix, (performance.now() - began) / 60_000, earlier ? JSON.parse(earlier) : undefined);
  const found = await runMatrix(
    chosen,
    (result, soFar) => {
      say(lineOf(result));
      // A call that is cut off has not been in vain.
      if (record) writeFileSync(record, JSON.stringify(withEarlier(soFar)));
    },
    Number(lanes),
    kind,
  );
  const { matrix, minutes } = withEarlier(found);
  for (const { name, why } of matrix.skipped) say(`- ${name}: not tried, ${why}`);
  const failed = matrix.results.filter(({ problem }) => problem !== undefined);
  const path = join(readEnvironment().workspace, 'docs', pages[kind]);
  const isWhole = matrix.results.length + matrix.skipped.length === all.length;
  if (isWhole) await writeFile(path, formatMatrix(matrix, minutes, kind));
  say(`${matrix.results.length} cells in ${minutes.toFixed(0)} min, ${failed.length} failed`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

interface Recorded {
  matrix: Matrix;
  minutes: number;
}

/** @param earlier what a call before this one has recorded */
function joined(matrix: Matrix, minutes: number, earlier: Recorded | undefined): Recorded {
  if (earlier === undefined) return { matrix, minutes };
  const isNew = new Set([...matrix.results, ...matrix.skipped].map(({ name }) => name));
  const kept = <T extends { name: string }>(cells: T[]): T[] =>
    cells.filter(({ name }) => !isNew.has(name));
  return {
    matrix: {
      ...earlier.matrix,
      results: [...kept(earlier.matrix.results), ...matrix.results],
      skipped: [...kept(earlier.matrix.skipped), ...matrix.skipped],
    },
    minutes: earlier.minutes + minutes,
  };
}

function lineOf({ name, seconds, recoverySeconds, problem }: CellResult): string {
  const recovery =
    recoverySeconds === undefined ? '' : `, trained on after ${recoverySeconds.toFixed(1)} s`;
  const time = `${seconds.toFixed(1).padStart(6)} s`;
  return `${problem ? '✗' : '✓'} ${name.padEnd(40)} ${time}${recovery}${problem ? `: ${problem}` : ''}`;
}
