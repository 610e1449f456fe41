import { initialModel, type Network } from '@atelier/model';
import type { BufferLayout, Slot } from './parameter-buffer.ts';

/** All that training on needs, in the flat buffers of a {@link BufferLayout}. */
export interface TrainingState {
  parameters: Float32Array;
  firstMoment: Float32Array;
  secondMoment: Float32Array;
  running: Float32Array;
  held: Float32Array;
  /** Optimizer steps made. */
  step: number;
}

/** A network before its first step. */
export function initialState(network: Network, layout: BufferLayout, seed: number): TrainingState {
  const { tensors } = initialModel(network, seed);
  const gather = (slots: Slot[], length: number) => {
    const buffer = new Float32Array(length);
    for (const { name, offset } of slots) buffer.set(tensors[name]!.data, offset);
    return buffer;
  };
  return {
    parameters: gather(layout.trained, layout.trainedLength),
    firstMoment: new Float32Array(layout.trainedLength),
    secondMoment: new Float32Array(layout.trainedLength),
    running: gather(layout.running, layout.runningLength),
    held: gather(layout.held, layout.heldLength),
    step: 0,
  };
}
