import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gather } from '@atelier/graph';
import {
  batchAt,
  type DeviceState,
  type EpochInputs,
  pixelStore,
  type Step,
  type StepOptions,
  trainOn,
} from '@atelier/train/step';
import { scalar, type Tensor, tensor1d } from '@tensorflow/tfjs-core';
import type { Workload } from './workload.ts';

/** The inputs of an epoch whose order is given rather than drawn, so that every program takes the same one. */
export type OrderedInputs = Omit<EpochInputs, 'epoch'> & {
  /** int32, a position in the dataset for every example of every step. */
  order: Tensor;
};

type OrderedStep = Step<DeviceState, OrderedInputs>;

/** The training step. */
export function orderedStep(options: StepOptions): OrderedStep {
  return (state, inputs, index) => trainOn(state, inputs, take(inputs, index, options), options);
}

/** The training step on images as they are. */
export function plainStep(options: StepOptions): OrderedStep {
  const { recipe } = options;
  const augmentation = { ...recipe.augmentation, flip: 0, translate: 0, scale: 0 };
  return orderedStep({ ...options, recipe: { ...recipe, augmentation } });
}

/**
 * A workload's data, in the order in which the compiled loop takes it.
 * @param held biases, see `initialState`
 */
export function readInputs(
  { directory, image, recipe, steps }: Workload,
  held: Float32Array,
): OrderedInputs {
  const read = (name: string) => readFileSync(path.join(directory, name));
  const count = steps * recipe.batchSize;
  const order = new Int32Array(new Uint8Array(read('order.i32')).buffer, 0, count);
  return {
    pixels: pixelStore(read('images.u8'), image).pixels,
    labels: tensor1d(Int32Array.from(read('labels.u8')), 'int32'),
    order: tensor1d(order, 'int32'),
    learningRate: scalar(recipe.learningRate),
    seed: scalar(1, 'int32'),
    held: tensor1d(held),
  };
}

function take({ order }: OrderedInputs, index: Tensor, { recipe: { batchSize } }: StepOptions) {
  const { positions, ...shares } = batchAt(index, batchSize, order.shape[0]!);
  return { ids: gather(order, positions), ...shares };
}
