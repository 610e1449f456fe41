import { execFile } from 'node:child_process';
import { mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openObjects } from '@atelier/artifacts';
import type { Cell } from './cells.ts';
import { makeExperiment } from './experiment.ts';
import { type CellResult, runCell } from './run-cell.ts';
import { minioOnSmallDisk, noSmallDisk } from './small-disk.ts';
import { openTestBench, type TestBench } from './test-bench.ts';
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
  cells: readonly Cell[],
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
    const diskProblem = cells.some(({ smallDisk }) => smallDisk) ? await noSmallDisk() : undefined;
    const versions = await Promise.all(['temporal', 'minio'].map((name) => versionOf(bench, name)));
    const matrix: Matrix = { undisturbed, results: [], skipped: [], versions };
    for (const cell of cells) {
      const why = cell.smallDisk
        ? diskProblem
        : cell.moment?.name === 'promotion' && pointers.length === 0
          ? 'a run moves no pointer'
          : undefined;
      if (why !== undefined) {
        matrix.skipped.push({ name: cell.name, why });
        continue;
      }
      const run = cell.smallDisk ? runOnSmallDisk : runCell;
      const result = await run(bench, config, cell, undisturbed.outcome);
      matrix.results.push(result);
      onResult(result);
    }
    return matrix;
  } finally {
    await bench.close();
    await experiment.remove();
  }
}

async function versionOf(bench: TestBench, service: string): Promise<string> {
  const program = await readlink(`/proc/${await pidOf(bench, service)}/exe`);
  const { stdout } = await promisify(execFile)(program, ['--version']);
  return stdout.split('\n')[0]!;
}

const runOnSmallDisk: typeof runCell = async (bench, ...cell) => {
  const directory = await mkdtemp(join(tmpdir(), 'atelier-matrix-disk-'));
  const small = await openTestBench(await minioOnSmallDisk(bench, directory));
  try {
    return await runCell(small, ...cell);
  } finally {
    await small.close();
    await rm(directory, { recursive: true, force: true });
  }
};
