import type { Network, ParameterSpec, Weights } from '@atelier/model';
import { tensorSpecs } from '@atelier/model';
import { concat, reshape, slice, type Tensor, tensor } from '@tensorflow/tfjs-core';

export interface Slot extends ParameterSpec {
  /** Where it begins in its buffer, in elements. */
  offset: number;
  size: number;
}

/** A stretch of the trained buffer that is one tensor on the device. */
interface Part {
  slots: Slot[];
  offset: number;
  size: number;
  /** A matrix's own; several small tensors lie flat. */
  shape: number[];
  /** Whether weight decay applies. */
  decayed: boolean;
}

/**
 * How a network's tensors lie in flat buffers on the host and in a checkpoint. On the device each
 * weight matrix is a tensor, which products take and give without copying, and all other trained
 * parameters are one (docs/decisions/0008-matrices-apart.md).
 */
export interface BufferLayout {
  /** What the optimizer changes, weight matrices first. */
  trained: Slot[];
  trainedLength: number;
  /** The trained buffer's parts, in order. */
  parts: Part[];
  running: Slot[];
  runningLength: number;
  /** Biases in front of BatchNorm, which subtracts them again; see docs/decisions/0003-held-biases.md. */
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
    trainedLength: lengthOf(trained),
    parts: [
      ...trained.slice(0, matrices.length).map((slot) => part([slot], true)),
      part(trained.slice(matrices.length), false),
    ],
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

function part(slots: Slot[], decayed: boolean): Part {
  const { offset, shape } = slots[0]!;
  const size = lengthOf(slots);
  return { slots, offset, size, shape: slots.length === 1 ? shape : [size], decayed };
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

/** A trained buffer of the host, part by part on the device. */
export function toParts(buffer: Float32Array, { parts }: BufferLayout): Tensor[] {
  return parts.map(({ offset, size, shape }) =>
    tensor(buffer.slice(offset, offset + size), shape, 'float32'),
  );
}

/** The inverse of {@link toParts}. */
export async function fromParts(
  tensors: Tensor[],
  { parts, trainedLength }: BufferLayout,
): Promise<Float32Array> {
  const buffer = new Float32Array(trainedLength);
  const values = await Promise.all(tensors.map((part) => part.data()));
  for (const [i, { offset }] of parts.entries()) buffer.set(values[i]!, offset);
  return buffer;
}

/** The trained tensors under their names. */
export function weightsOfParts(tensors: Tensor[], { parts }: BufferLayout): Weights {
  const named = parts.map(({ slots, offset }, i) => {
    const [slot] = slots;
    if (slots.length === 1) return { [slot!.name]: tensors[i]! };
    const within = slots.map((it) => ({ ...it, offset: it.offset - offset }));
    return unflatten(tensors[i]!, within);
  });
  return Object.assign({}, ...named);
}

/** The inverse of {@link weightsOfParts}. */
export function partsOfWeights(weights: Weights, { parts }: BufferLayout): Tensor[] {
  return parts.map(({ slots }) => {
    const tensors = slots.map(({ name }) => weights[name]!);
    return tensors.length === 1 ? tensors[0]! : flatten(tensors);
  });
}
