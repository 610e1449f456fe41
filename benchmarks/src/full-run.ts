import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fingerprint } from '@atelier/artifacts';
import {
  downloadDataset,
  encodeSplit,
  type PreparedDataset,
  prepareDataset,
  readDescriptor,
} from '@atelier/data';
import { imageSize } from '@atelier/data/image-shape';
import { readEnvironment } from '@atelier/environment';
import { evaluatePredictions, predict, selectCheckpoint } from '@atelier/evaluate';
import { mlpOptions } from '@atelier/model/network';
import { runTraining, type TrainingEvent } from '@atelier/train';
import type { EpochRecord } from '@atelier/train/epochs';
import { recipeSchema } from '@atelier/train/recipe';

export interface FullRun {
  epochs: number;
  seed: number;
  /** From asking for training to the end of its first call of a few steps. */
  secondsToFirstStep: number;
  /** From asking for training to its end, validation and checkpoints included. */
  secondsOfTraining: number;
  /** The most memory that the trainer held at any time; null where the system does not tell. */
  peakMiB: number | null;
  bestEpoch: number;
  validationAccuracy: number;
  testAccuracy: number;
  /** The library's version. */
  tensorflow: string;
}

interface Prepared {
  manifest: PreparedDataset;
  trainPath: string;
  validationPath: string;
  testPath: string;
}

/** Fashion-MNIST's three splits as files in a folder; downloaded where the cache lacks it. */
export async function prepareSplits(folder: string): Promise<Prepared> {
  const { workspace, cacheDirectory, datasetMirror, proxies } = readEnvironment();
  const descriptor = await readDescriptor(path.join(workspace, 'datasets/fashion-mnist.json'));
  // Where the pipeline keeps them, too.
  const cached = `${descriptor.name}-${fingerprint(descriptor.files).slice(0, 8)}`;
  const files = await downloadDataset({
    descriptor,
    directory: path.join(cacheDirectory, 'datasets', cached),
    mirrors: datasetMirror === undefined ? [] : [datasetMirror],
    proxies,
  });
  const { manifest, splits } = await prepareDataset({ descriptor, files, splitSeed: 1 });
  const write = async (name: 'train' | 'validation' | 'test') => {
    const file = path.join(folder, `${name}.safetensors`);
    await writeFile(file, encodeSplit(splits[name]));
    return file;
  };
  return {
    manifest,
    trainPath: await write('train'),
    validationPath: await write('validation'),
    testPath: await write('test'),
  };
}

/** Trains by the default recipe in the trainer's process and evaluates the selected epoch. */
export async function fullRun(
  folder: string,
  { manifest, trainPath, validationPath, testPath }: Prepared,
  epochs: number,
  onEpoch: (record: EpochRecord) => void,
): Promise<FullRun> {
  const { normalisation, classes } = manifest;
  const directory = path.join(folder, 'checkpoints');
  await mkdir(directory);
  const recipe = recipeSchema.parse({ epochs });
  const shape = { inputs: imageSize(manifest), classes: classes.length };
  const network = { ...shape, ...mlpOptions.parse({}) };
  const seed = 1;
  const checkpoints = new Map<number, string>();
  let firstStep: number | undefined;
  let peakMiB: number | null = null;
  const begin = performance.now();
  const seconds = () => (performance.now() - begin) / 1000;
  const onEvent = (event: TrainingEvent) => {
    if (event.kind === 'progress') firstStep ??= seconds();
    if (event.kind !== 'epoch') return;
    checkpoints.set(event.record.epoch, event.checkpoint);
    peakMiB = peakOfTrainer();
    onEpoch(event.record);
  };
  const [train, validation] = [{ path: trainPath }, { path: validationPath }];
  const request = { train, validation, normalisation, network, recipe, seed, directory };
  const { history, environment } = await runTraining(request, { onEvent });
  const secondsOfTraining = seconds();
  const { epoch: bestEpoch, validationAccuracy } = selectCheckpoint(history);
  const modelPath = checkpoints.get(bestEpoch)!;
  const predictions = await predict({ modelPath, splitPath: testPath, normalisation });
  return {
    epochs,
    seed,
    secondsToFirstStep: firstStep!,
    secondsOfTraining,
    peakMiB,
    bestEpoch,
    validationAccuracy,
    testAccuracy: evaluatePredictions(predictions, classes).metrics.accuracy.value,
    tensorflow: environment.tensorflow,
  };
}

/** The peak memory of the child that trains, by Linux's own account. */
function peakOfTrainer(): number | null {
  try {
    const children = readdirSync('/proc/self/task').flatMap((task) =>
      readFileSync(`/proc/self/task/${task}/children`, 'utf8').trim().split(' '),
    );
    const trainer = children.find((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('trainer-main'),
    );
    const [, kibibytes] = readFileSync(`/proc/${trainer}/status`, 'utf8').match(/VmHWM:\s*(\d+)/)!;
    return Math.round(Number(kibibytes) / 1024);
  } catch {
    return null;
  }
}
