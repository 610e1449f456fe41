import { dropout, gather, intAdd } from '@atelier/graph';
import {
  batchAt,
  type DeviceState,
  type Dropout,
  type EpochInputs,
  learn,
  normalise,
  plainImages,
  type Step,
  type StepOptions,
  trainOn,
} from '@atelier/train/step';
import type { Tensor } from '@tensorflow/tfjs-core';

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
  const { normalisation, image } = options;
  return (state, inputs, index) => {
    const { ids, ...shares } = take(inputs, index, options);
    const images = plainImages({ pixels: inputs.pixels, ...image }, ids);
    const labels = gather(inputs.labels, ids);
    const drop: Dropout = (h, rate, site) =>
      dropout(h, rate, [inputs.seed, intAdd(state.step, 1), site]);
    const examples = { x: normalise(images, normalisation), labels, ...shares };
    return learn(state, examples, inputs, drop, options);
  };
}

function take({ order }: OrderedInputs, index: Tensor, { recipe: { batchSize } }: StepOptions) {
  const { positions, ...shares } = batchAt(index, batchSize, order.shape[0]!);
  return { ids: gather(order, positions), ...shares };
}
