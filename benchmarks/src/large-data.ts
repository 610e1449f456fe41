import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import {
  type DatasetDescriptor,
  type PreparedFiles,
  pathsIn,
  prepareInChild,
  readDescriptor,
} from '@atelier/data';
import { imageShape } from '@atelier/data/image-shape';
import { largeSyntheticDataset } from '@atelier/data/testing';
import { toolVariables } from '@atelier/environment';
import { WorldError } from '@atelier/errors';
import { startTestStack } from '@atelier/infra';
import { networkFor } from '@atelier/model';
import { networkOptionsSchema } from '@atelier/model/network';
import { type EpochCommit, openStore, type Store } from '@atelier/pipeline/run-store';
import { runTraining } from '@atelier/train';
import { recipeSchema } from '@atelier/train/recipe';
import { interleave } from './interleave.ts';
import { type ProcessPeak, watchMemory } from './memory-watch.ts';
import { type Summary, summarise } from './statistics.ts';

export interface WholeRun {
  pictures: number;
  datasetBytes: number;
  seconds: number;
  /** Of the one epoch that it trains, by its record, validation included. */
  millisecondsPerStep: number;
  peaks: ProcessPeak[];
}

export interface StepTimes {
  pictures: number;
  /** Milliseconds of a step, of each of these repetitions. */
  held: Summary;
  streamed: Summary;
  repetitions: number;
}

const side = 32;
const run = 'large';

/** One epoch of the default network on so many pictures, by the command, on a stack of its own. */
export async function wholeRun(
  folder: string,
  workspace: string,
  pictures: number,
  tell: (text: string) => void,
): Promise<WholeRun> {
  const directory = path.join(folder, 'dataset');
  const dataset = await largeSyntheticDataset({ directory, train: pictures, side });
  tell(`${pictures.toLocaleString('en')} pictures are written.`);
  const { files } = await readDescriptor(dataset);
  const datasetBytes = Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0);
  const watch = watchMemory();
  // What it fetches and keeps goes with the folder.
  const stack = await startTestStack({
    ...{ worker: true, variables: { XDG_CACHE_HOME: path.join(folder, 'cache') } },
  });
  try {
    const program = path.join(workspace, 'packages/pipeline/bin/atelier.mjs');
    const begin = performance.now();
    const command = spawn(
      process.execPath,
      [program, 'start', '--dataset', dataset, '--epochs', '1', '--run', run],
      { env: toolVariables(stack.variables), stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let printed = '';
    const note = (chunk: Buffer): void => {
      printed = `${printed}${chunk}`.slice(-4000);
    };
    command.stdout.on('data', note);
    command.stderr.on('data', note);
    const [code] = await once(command, 'close');
    if (code !== 0) throw new WorldError({ what: 'The run did not finish.', found: printed });
    const seconds = (performance.now() - begin) / 1000;
    tell(`The run took ${seconds.toFixed(0)} s.`);
    const millisecondsPerStep = await millisecondsOf(openStore(stack.state.s3));
    return { pictures, datasetBytes, seconds, millisecondsPerStep, peaks: watch.stop() };
  } finally {
    watch.stop();
    await stack.stop();
  }
}

async function millisecondsOf(store: Store): Promise<number> {
  const record = JSON.parse((await store.getRunFile(run, 'run.json'))!.toString());
  const { commits } = await store.readEpochs(record.stages.train.fingerprint);
  const [{ seconds, metrics }] = commits as [EpochCommit];
  return (1000 * seconds) / metrics.step;
}

/**
 * Steps of the default network on the same pictures, held and streamed in turns, each time in a
 * trainer of its own; of three epochs the first, in which XLA compiles, is not counted.
 */
export async function stepTimes(
  folder: string,
  pictures: number,
  repetitions: number,
  tell: (text: string) => void,
): Promise<StepTimes> {
  const directory = path.join(folder, 'smaller');
  const dataset = await largeSyntheticDataset({ directory, train: pictures, side });
  const descriptor = (await readDescriptor(dataset)) as DatasetDescriptor;
  const prepared = async (name: string, mostHeld?: number) => {
    const into = path.join(folder, name);
    await mkdir(into);
    const files = pathsIn(directory, descriptor);
    return prepareInChild({ descriptor, files, splitSeed: 1, directory: into, mostHeld });
  };
  const held = await prepared('held');
  // Whatever the number of pictures, they are too many to be held.
  const streamed = await prepared('streamed', 2 ** 24);
  const { normalisation, classes } = held.manifest;
  const network = networkFor(
    networkOptionsSchema.parse({}),
    imageShape(descriptor),
    classes.length,
  );
  const recipe = recipeSchema.parse({ epochs: 3 });
  const steps = Math.ceil(pictures / recipe.batchSize);
  const contender = (of: PreparedFiles['files'], name: string) => ({
    async repetition(): Promise<number> {
      const checkpoints = path.join(folder, `${name}-checkpoints`);
      await mkdir(checkpoints, { recursive: true });
      const { history } = await runTraining(
        {
          ...{ train: of.train, validation: of.validation, normalisation, network, recipe },
          ...{ seed: 1, directory: checkpoints },
        },
        { onEvent: () => {} },
      );
      const [, ...counted] = history;
      const seconds = counted.reduce((sum, epoch) => sum + epoch.seconds, 0);
      return (1000 * seconds) / (counted.length * steps);
    },
  });
  const [whole, parts] = await interleave(
    [contender(held.files, 'held'), contender(streamed.files, 'streamed')],
    {
      count: repetitions,
      onRound: (round) => tell(`Step times, round ${round} of ${repetitions}.`),
    },
  );
  return { pictures, held: summarise(whole!), streamed: summarise(parts!), repetitions };
}
