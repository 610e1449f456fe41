import type { ImageShape } from '@atelier/data/image-shape';
import type { Network, Normalisation } from '@atelier/model';
import type { Tensor } from '@atelier/safetensors';
import type { Checkpoint } from './checkpoint.ts';
import { DeviceTraining } from './device-training.ts';
import { checkFinite, divergence } from './divergence.ts';
import type { EpochMetrics, EpochRecord } from './epoch-record.ts';
import type { LabelledImages, StreamedImages } from './image-blocks.ts';
import { cosineLearningRate } from './optimizer.ts';
import { bufferLayout, initialState, relaid } from './parameter-buffer.ts';
import { checkBatchSize, type Recipe } from './recipe.ts';

export interface TrainingOptions {
  data: {
    train: LabelledImages | StreamedImages;
    validation: LabelledImages | StreamedImages;
    shape: ImageShape;
    normalisation: Normalisation;
  };
  network: Network;
  recipe: Recipe;
  seed: number;
  /** Where to continue: of the same network; bit-exactly where recipe and seed are the same, too. */
  resume?: Checkpoint | undefined;
  /** Tensors to begin with instead of the network's own, where nothing is resumed; by name. */
  initial?: Record<string, Tensor> | undefined;
  /** Milliseconds from any origin; it times epochs and decides how often progress is told. */
  now: () => number;
  signal?: AbortSignal | undefined;
  /** Awaited between two calls, which occupy this thread: the moment for `signal` to be aborted. */
  onProgress?: (progress: { epoch: number; step: number; steps: number }) => unknown;
  /** Awaited before the next epoch begins. */
  onEpoch: (record: EpochRecord, checkpoint: Checkpoint) => Promise<void> | void;
}

/** Progress is told, and cancellation seen, this often, or once an epoch if that is rarer. */
const reportMilliseconds = 1000;

/** How many steps one call makes; found by timing the calls. */
interface Pace {
  steps: number;
}

/**
 * Trains to the recipe's last epoch, in this process, on the backend that is loaded. State after
 * every epoch is a function of data, network, recipe and seed: interrupted training that is
 * resumed from a checkpoint gives the same bits.
 * @returns the records of the epochs trained here
 * @throws UserError where the batch size does not suit the dataset, and where the loss or anything
 *   else that an epoch measures stops being a finite number, naming the epoch, and the step of a
 *   loss; the signal's reason where it is aborted
 */
export async function train(options: TrainingOptions): Promise<EpochRecord[]> {
  const { data, network, recipe, seed, resume, now, signal, onEpoch } = options;
  checkBatchSize(recipe.batchSize, data.train.labels.length);
  const layout = bufferLayout(network, recipe.freeze);
  const { shape, normalisation } = data;
  const device = new DeviceTraining(
    { network, recipe, layout, normalisation, image: shape },
    seed,
    data,
    resume
      ? relaid(resume.state, bufferLayout(network, resume.recipe.freeze), layout)
      : initialState(network, layout, seed, options.initial),
  );
  const records: EpochRecord[] = [];
  const pace: Pace = { steps: 8 };
  // An adopted checkpoint's epochs may have been of another number of steps.
  const epochsBehind = resume?.epoch ?? 0;
  const stepsBehind = resume?.state.step ?? 0;
  try {
    for (let epoch = epochsBehind + 1; epoch <= recipe.epochs; epoch++) {
      signal?.throwIfAborted();
      const begin = now();
      const learningRate = cosineLearningRate(recipe, epoch);
      device.beginEpoch(epoch, learningRate);
      const stepsBefore = stepsBehind + (epoch - 1 - epochsBehind) * device.stepsPerEpoch;
      await trainEpoch(device, epoch, pace, options);
      const measured = await measureEpoch(device, epoch, stepsBefore, data.train.labels.length);
      const state = await device.state();
      const metrics: EpochMetrics = { step: state.step, learningRate, ...measured };
      checkFinite(epoch, metrics, state);
      const record = { epoch, ...metrics, seconds: (now() - begin) / 1000 };
      records.push(record);
      await onEpoch(record, { network, recipe, seed, epoch, state });
    }
  } finally {
    device.dispose();
  }
  return records;
}

/** In as few calls as progress and cancellation allow; the result does not depend on them. */
async function trainEpoch(
  device: DeviceTraining,
  epoch: number,
  pace: Pace,
  { now, signal, onProgress }: TrainingOptions,
): Promise<void> {
  const steps = device.stepsPerEpoch;
  for (let step = 0; step < steps; ) {
    signal?.throwIfAborted();
    const count = Math.min(pace.steps, steps - step);
    const begin = now();
    await device.train(step, count);
    step += count;
    pace.steps = Math.max(1, Math.floor((reportMilliseconds * count) / Math.max(1, now() - begin)));
    await onProgress?.({ epoch, step, steps });
  }
}

async function measureEpoch(
  device: DeviceTraining,
  epoch: number,
  stepsBefore: number,
  examples: number,
): Promise<Omit<EpochMetrics, 'step' | 'learningRate'>> {
  const { loss, hits, gradientNorm, diverged } = await device.sums();
  if (diverged !== 0)
    throw divergence(
      `epoch ${epoch}, step ${diverged - stepsBefore}`,
      'the loss',
      'NaN or infinity',
    );
  const validation = await device.validate();
  return {
    trainLoss: loss / examples,
    trainAccuracy: hits / examples,
    validationLoss: validation.loss,
    validationAccuracy: validation.hits,
    gradientNorm: gradientNorm / device.stepsPerEpoch,
  };
}
