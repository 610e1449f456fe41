import { execFile } from 'node:child_process';
import { mkdtemp, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openObjects } from '@atelier/artifacts';
import type { RunConfig } from '../../src/run-configuration.ts';
import type { Cell } from './cells.ts';
import { noOtherClock } from './clock.ts';
import { type Experiment, type Kind, makeExperiment } from './experiment.ts';
import { type GateCell, makeUndecided, runGateCell, type Undecided } from './gate-cells.ts';
import type { Outcome } from './outcome.ts';
import { type Leftovers, leftoversOf, type PruneCell, runPruneCell } from './prune-cells.ts';
import { makeTwoRuns, type RegistryCell, runRegistryCell, type TwoRuns } from './registry-cells.ts';
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

export type AnyCell = Cell | PruneCell | RegistryCell | GateCell;

/**
 * Runs cells on real services and tells of each as soon as it is over, and of what is found so far.
 * @param lanes how many are tried at once, each on a stack of its own
 * @param kind of network that the runs train
 * @throws where the undisturbed run does not pass
 */
export async function runMatrix(
  cells: readonly AnyCell[],
  onResult: (result: CellResult, soFar: Matrix) => void = () => {},
  lanes = 1,
  kind: Kind = 'mlp',
): Promise<Matrix> {
  const experiment = await makeExperiment(kind);
  const benches = [await openTestBench()];
  try {
    const bench = benches[0]!;
    const trial = await prepareTrial(bench, experiment, cells);
    const versions = await Promise.all(['temporal', 'minio'].map((name) => versionOf(bench, name)));
    const matrix: Matrix = { undisturbed: trial.undisturbed, results: [], skipped: [], versions };
    onResult(trial.undisturbed, matrix);
    while (benches.length < lanes) benches.push(await openTestBench());
    const left = [...cells];
    const lane = async (bench: TestBench): Promise<void> => {
      for (let cell = left.shift(); cell !== undefined; cell = left.shift()) {
        const why = notTried(cell, trial);
        if (why !== undefined) {
          matrix.skipped.push({ name: cell.name, why });
          continue;
        }
        // A stack of a cell's own may not come up: the others are tried all the same.
        const result = await tryCell(bench, cell, trial).catch(
          (error: Error): CellResult => ({ name: cell.name, seconds: 0, problem: error.message }),
        );
        matrix.results.push(result);
        onResult(result, matrix);
      }
    };
    await Promise.all(benches.map(lane));
    return matrix;
  } finally {
    for (const bench of benches) await bench.close();
    await experiment.remove();
  }
}

/** What all cells have in common. */
interface Trial {
  config: RunConfig;
  undisturbed: CellResult;
  /** The undisturbed run's. */
  expected: Outcome;
  /** What it left, where cells begin with that. */
  left: Leftovers | undefined;
  two: TwoRuns | undefined;
  undecided: Undecided | undefined;
  movesPointer: boolean;
  diskProblem: string | undefined;
}

async function prepareTrial(
  bench: TestBench,
  { config, gated }: Experiment,
  cells: readonly AnyCell[],
): Promise<Trial> {
  const undisturbed = await runCell(bench, config, { name: 'undisturbed' });
  if (undisturbed.outcome === undefined) throw new Error(undisturbed.problem);
  const pointers = await openObjects(bench.state().s3).list('registry/');
  const needsDisk = cells.some((cell) => isOfARun(cell) && cell.smallDisk);
  return {
    ...{ config, undisturbed, expected: undisturbed.outcome },
    movesPointer: pointers.length > 0,
    diskProblem: needsDisk ? await noSmallDisk() : undefined,
    left: cells.some(isPruneCell) ? await leftoversOf(bench) : undefined,
    // After that, since it adds a run to the bucket; and last what empties it.
    two: cells.some(isRegistryCell)
      ? await makeTwoRuns(bench, config, undisturbed.name)
      : undefined,
    undecided: cells.some(isGateCell) ? await makeUndecided(bench, gated) : undefined,
  };
}

/** Why a cell cannot be tried here; undefined where it can. */
function notTried(cell: AnyCell, { diskProblem, movesPointer }: Trial): string | undefined {
  if (!isOfARun(cell)) return undefined;
  const isUnmoved = cell.moment?.name === 'promotion' && !movesPointer;
  return (
    (cell.smallDisk ? diskProblem : undefined) ??
    (cell.ownClock ? noOtherClock() : undefined) ??
    (isUnmoved ? 'a run moves no pointer' : undefined)
  );
}

function tryCell(bench: TestBench, cell: AnyCell, trial: Trial): Promise<CellResult> {
  const { config, undisturbed, expected, left, two, undecided } = trial;
  if (isGateCell(cell)) return runGateCell(bench, cell, undecided!);
  if (isRegistryCell(cell)) return runRegistryCell(bench, cell, two!);
  if (isPruneCell(cell))
    return runPruneCell(bench, config, cell, { run: undisturbed.name, left: left!, expected });
  const run = cell.smallDisk || cell.ownClock ? runApart : runCell;
  return run(bench, config, cell, expected);
}

const isPruneCell = (cell: AnyCell): cell is PruneCell => 'prune' in cell;
const isRegistryCell = (cell: AnyCell): cell is RegistryCell => 'verb' in cell;
const isGateCell = (cell: AnyCell): cell is GateCell => 'gate' in cell;
const isOfARun = (cell: AnyCell): cell is Cell =>
  !isPruneCell(cell) && !isRegistryCell(cell) && !isGateCell(cell);

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
