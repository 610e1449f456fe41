import { execFile } from 'node:child_process';
import { mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openObjects } from '@atelier/artifacts';
import type { Cell } from './cells.ts';
import { noOtherClock } from './clock.ts';
import { makeExperiment } from './experiment.ts';
import { leftoversOf, type PruneCell, runPruneCell } from './prune-cells.ts';
import { type CellResult, runCell } from './run-cell.ts';
import { noSmallDisk, serviceOnSmallDisk } from './small-disk.ts';
import { type Circumstances, openTestBench, type TestBench } from './test-bench.ts';
import { pidOf } from './victims.ts';

export interface Matrix {
  /** What every cell is held against. */
  undisturbed: CellResult;
  results: CellResult[];
  /** Cells that could not be tried here, and why. */
  skipped: { name: string; why: string }[];
  /** The services'. */
  versions: string[];
}

/**
 * Runs cells one after the other on real services and tells of each as soon as it is over.
 * @throws where the undisturbed run does not pass
 */
export async function runMatrix(
  cells: readonly (Cell | PruneCell)[],
  onResult: (result: CellResult) => void = () => {},
): Promise<Matrix> {
  const experiment = await makeExperiment();
  const bench = await openTestBench();
  try {
    const { config } = experiment;
    const undisturbed = await runCell(bench, config, { name: 'undisturbed' });
    onResult(undisturbed);
    if (undisturbed.outcome === undefined) throw new Error(undisturbed.problem);
    const pointers = await openObjects(bench.state().s3).list('registry/');
    const diskProblem = cells.some((cell) => !isPruneCell(cell) && cell.smallDisk)
      ? await noSmallDisk()
      : undefined;
    const versions = await Promise.all(['temporal', 'minio'].map((name) => versionOf(bench, name)));
    const expected = undisturbed.outcome;
    const left = cells.some(isPruneCell) ? await leftoversOf(bench) : undefined;
    const matrix: Matrix = { undisturbed, results: [], skipped: [], versions };
    for (const cell of cells) {
      if (isPruneCell(cell)) {
        const earlier = { run: undisturbed.name, left: left!, expected };
        const result = await runPruneCell(bench, config, cell, earlier);
        matrix.results.push(result);
        onResult(result);
        continue;
      }
      const isUnmoved = cell.moment?.name === 'promotion' && pointers.length === 0;
      const why =
        (cell.smallDisk ? diskProblem : undefined) ??
        (cell.ownClock ? noOtherClock() : undefined) ??
        (isUnmoved ? 'a run moves no pointer' : undefined);
      if (why !== undefined) {
        matrix.skipped.push({ name: cell.name, why });
        continue;
      }
      const run = cell.smallDisk || cell.ownClock ? runApart : runCell;
      const result = await run(bench, config, cell, expected);
      matrix.results.push(result);
      onResult(result);
    }
    return matrix;
  } finally {
    await bench.close();
    await experiment.remove();
  }
}

const isPruneCell = (cell: Cell | PruneCell): cell is PruneCell => 'prune' in cell;

async function versionOf(bench: TestBench, service: string): Promise<string> {
  const program = await readlink(`/proc/${await pidOf(bench, service)}/exe`);
  const { stdout } = await promisify(execFile)(program, ['--version']);
  return stdout.split('\n')[0]!;
}

/** On a stack of its own, which has what the cell needs. */
const runApart: typeof runCell = async (bench, config, cell, expected) => {
  const directory = await mkdtemp(join(tmpdir(), 'atelier-matrix-disk-'));
  const { smallDisk, ownClock = false } = cell;
  const circumstances: Circumstances = {
    ownClock,
    smallCache: smallDisk === 'cache',
    ...(smallDisk &&
      smallDisk !== 'cache' && {
        programs: await serviceOnSmallDisk(smallDisk, bench, directory),
      }),
  };
  const apart = await openTestBench(circumstances);
  try {
    return await runCell(apart, config, cell, expected);
  } finally {
    await apart.close();
    await rm(directory, { recursive: true, force: true });
  }
};
