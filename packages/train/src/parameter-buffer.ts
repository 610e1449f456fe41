import type { Network, ParameterSpec, Weights } from '@atelier/model';
import { tensorSpecs } from '@atelier/model';
import { concat, reshape, slice, type Tensor } from '@tensorflow/tfjs-core';

export interface Slot extends ParameterSpec {
  /** Where it begins in its buffer, in elements. */
  offset: number;
  size: number;
}

/**
 * How a network's tensors lie in flat buffers, so that the optimizer is one elementwise
 * operation over one vector instead of one per tensor.
 */
export interface BufferLayout {
  /** What the optimizer changes, weight matrices first. */
  trained: Slot[];
  /** Elements of `trained` that weight decay applies to: the matrices. */
  decayed: number;
  trainedLength: number;
  running: Slot[];
  runningLength: number;
  /** Biases in front of BatchNorm, which subtracts them again; see docs/decisions/held-biases.md. */
  held: Slot[];
  heldLength: number;
}

export function bufferLayout(network: Network): BufferLayout {
  const specs = tensorSpecs(network);
  const isHeld = ({ name, kind }: ParameterSpec) => kind === 'bias' && name !== 'head.bias';
  const isRunning = ({ kind }: ParameterSpec) => kind.startsWith('running');
  const matrices = specs.filter(({ kind }) => kind === 'weight');
  const vectors = specs.filter((s) => s.kind !== 'weight' && !isHeld(s) && !isRunning(s));
  const trained = place([...matrices, ...vectors]);
  const running = place(specs.filter(isRunning));
  const held = place(specs.filter(isHeld));
  return {
    trained,
    decayed: lengthOf(trained.slice(0, matrices.length)),
    trainedLength: lengthOf(trained),
    running,
    runningLength: lengthOf(running),
    held,
    heldLength: lengthOf(held),
  };
}

function place(specs: ParameterSpec[]): Slot[] {
  let offset = 0;
  return specs.map((spec) => {
    const size = spec.shape.reduce((a, b) => a * b, 1);
    offset += size;
    return { ...spec, offset: offset - size, size };
  });
}

const lengthOf = (slots: Slot[]): number => slots.reduce((sum, { size }) => sum + size, 0);

/** The tensors that lie in a flat buffer on the device, under their names. */
export function unflatten(buffer: Tensor, slots: Slot[]): Weights {
  return Object.fromEntries(
    slots.map(({ name, offset, size, shape }) => [
      name,
      reshape(slice(buffer, [offset], [size]), shape),
    ]),
  );
}

/** The inverse of {@link unflatten}. */
export function flatten(tensors: Tensor[]): Tensor {
  return concat(tensors.map((tensor) => reshape(tensor, [-1])));
}
