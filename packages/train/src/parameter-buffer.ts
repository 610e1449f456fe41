import {
  initialModel,
  type Model,
  type Network,
  roles,
  sizeOf,
  type TensorSpec,
  tensorSpecs,
  type Weights,
} from '@atelier/model';
import { concat, reshape, slice, type Tensor, tensor, zeros } from '@tensorflow/tfjs-core';
import { frozenTensors } from './freeze.ts';
import type { Recipe } from './recipe.ts';

export interface Slot extends TensorSpec {
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
  decays: boolean;
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
  /**
   * Biases in front of BatchNorm, which subtracts them again (docs/decisions/0003-held-biases.md), and
   * what is frozen.
   */
  held: Slot[];
  heldLength: number;
}

/** @param freeze what the recipe freezes: it lies with what is held, as nothing changes it */
export function bufferLayout(network: Network, freeze: Recipe['freeze'] = []): BufferLayout {
  const frozen = frozenTensors(network, freeze);
  const changedBy = (what: (typeof roles)[TensorSpec['role']]['changedBy']) =>
    tensorSpecs(network).filter(
      ({ name, role }) => (frozen.has(name) ? 'nothing' : roles[role].changedBy) === what,
    );
  const optimized = changedBy('optimizer');
  const isApart = ({ role, decays }: TensorSpec) => role === 'weight' || decays;
  const trained = place([
    ...optimized.filter(isApart),
    ...optimized.filter((spec) => !isApart(spec)),
  ]);
  const running = place(changedBy('statistics'));
  const held = place(changedBy('nothing'));
  const others = trained.filter((slot) => !isApart(slot));
  return {
    trained,
    trainedLength: lengthOf(trained),
    parts: [
      ...trained.filter(isApart).map((slot) => part([slot])),
      ...(others.length > 0 ? [part(others)] : []),
    ],
    running,
    runningLength: lengthOf(running),
    held,
    heldLength: lengthOf(held),
  };
}

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

/**
 * A network before its first step.
 * @param from tensors that it begins with instead of its own, by name
 */
export function initialState(
  network: Network,
  layout: BufferLayout,
  seed: number,
  from: Model['tensors'] = {},
): TrainingState {
  const tensors = { ...initialModel(network, seed).tensors, ...from };
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

/**
 * The same state where other tensors are frozen. What begins to be trained has moments of zero.
 * @param from the state's own layout; both are of one network
 */
export function relaid(state: TrainingState, from: BufferLayout, to: BufferLayout): TrainingState {
  const named = (slots: readonly Slot[], buffer: Float32Array): [string, Float32Array][] =>
    slots.map(({ name, offset, size }) => [name, buffer.subarray(offset, offset + size)]);
  const gather = (found: ReadonlyMap<string, Float32Array>, slots: Slot[]): Float32Array => {
    const buffer = new Float32Array(lengthOf(slots));
    for (const { name, offset } of slots) buffer.set(found.get(name) ?? [], offset);
    return buffer;
  };
  const values = new Map([
    ...named(from.trained, state.parameters),
    ...named(from.running, state.running),
    ...named(from.held, state.held),
  ]);
  return {
    parameters: gather(values, to.trained),
    firstMoment: gather(new Map(named(from.trained, state.firstMoment)), to.trained),
    secondMoment: gather(new Map(named(from.trained, state.secondMoment)), to.trained),
    running: gather(values, to.running),
    held: gather(values, to.held),
    step: state.step,
  };
}

function place(specs: TensorSpec[]): Slot[] {
  let offset = 0;
  return specs.map((spec) => {
    const size = sizeOf(spec);
    offset += size;
    return { ...spec, offset: offset - size, size };
  });
}

function part(slots: Slot[]): Part {
  const { offset, shape, decays } = slots[0]!;
  const size = lengthOf(slots);
  return { slots, offset, size, shape: slots.length === 1 ? shape : [size], decays };
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
  if (tensors.length === 0) return zeros([0]);
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
