import { dropout, gather, intAdd, intMul, sliceRows } from '@atelier/graph';
import {
  type DeviceState,
  type EpochInputs,
  learn,
  normalise,
  plainImages,
  type StepOptions,
} from '@atelier/train/step';
import type { Tensor } from '@tensorflow/tfjs-core';

/** The training step on images as they are. */
export function plainStep(options: StepOptions, batch: number) {
  const { network, normalisation, image } = options;
  return (state: DeviceState, inputs: EpochInputs, index: Tensor): DeviceState => {
    const ids = sliceRows(inputs.order, intMul(index, batch), batch);
    const images = plainImages({ pixels: inputs.pixels, ...image }, ids);
    const examples = { x: normalise(images, normalisation), labels: gather(inputs.labels, ids) };
    const drop = (h: Tensor, site: number) =>
      dropout(h, network.dropout, [inputs.seed, intAdd(state.step, 1), site]);
    return learn(state, examples, inputs, drop, options);
  };
}
