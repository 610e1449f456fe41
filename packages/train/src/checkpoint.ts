import { UserError } from '@atelier/errors';
import { decodeModel, type Network, recordedNetwork } from '@atelier/model';
import { networkSchema } from '@atelier/model/network';
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsHeader,
  type Tensor,
} from '@atelier/safetensors';
import { withoutAddedDefaults } from '@atelier/settings';
import { z } from 'zod';
import type { TrainingState } from './parameter-buffer.ts';
import { type BufferLayout, bufferLayout, type Slot } from './parameter-buffer.ts';
import { type Recipe, recipeSchema } from './recipe.ts';

/** Training after some epoch: enough to continue as if it had never stopped. */
export interface Checkpoint {
  network: Network;
  recipe: Recipe;
  seed: number;
  /** Epochs completed. */
  epoch: number;
  state: TrainingState;
  /** See {@link Model}. */
  source?: string | undefined;
}

const moments = { 'adamw.m.': 'firstMoment', 'adamw.v.': 'secondMoment' } as const;

/**
 * A safetensors file with the model's tensors under their own names, so that it is a model file
 * too, AdamW's moments as adamw.m.* and adamw.v.* (frozen tensors have none), and the step counter as
 * `step`.
 */
export function encodeCheckpoint({
  network,
  recipe,
  seed,
  epoch,
  state,
  source,
}: Checkpoint): Uint8Array {
  const { trained, running, held } = bufferLayout(network, recipe.freeze);
  const tensors: Record<string, Tensor> = {
    ...scatter(trained, state.parameters),
    ...scatter(running, state.running),
    ...scatter(held, state.held),
    step: { dtype: 'I32', shape: [], data: Int32Array.of(state.step) },
  };
  for (const [prefix, key] of Object.entries(moments))
    Object.assign(tensors, scatter(trained, state[key], prefix));
  const metadata = {
    format: 'atelier.checkpoint/1',
    network: JSON.stringify(recordedNetwork(network)),
    recipe: JSON.stringify(withoutAddedDefaults(recipeSchema, recipe)),
    seed: String(seed),
    epoch: String(epoch),
    ...(source !== undefined && { source }),
  };
  return encodeSafetensors({ tensors, metadata });
}

/**
 * @param where names the bytes' origin in errors
 * @throws UserError where the bytes are not a whole checkpoint
 */
export function decodeCheckpoint(bytes: Uint8Array, where: string): Checkpoint {
  const { network } = decodeModel(bytes, where);
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  const identity = identityOf(metadata, where);
  const step = tensors.step?.data[0];
  if (step === undefined) throw refuse(where, 'no step');
  const layout = bufferLayout(network, identity.recipe.freeze);
  return { ...identity, network, state: { ...readState(tensors, layout, where), step } };
}

/** What a checkpoint says that it is of. */
export type CheckpointIdentity = Omit<Checkpoint, 'state' | 'source'>;

/**
 * A checkpoint as its file's header describes it, without its tensors.
 * @param where names the file in errors
 * @throws UserError where the file is not a whole checkpoint
 */
export function checkpointHeader(
  { tensors, metadata }: SafetensorsHeader,
  where: string,
): CheckpointIdentity {
  const identity = identityOf(metadata, where);
  const { trained, running, held } = bufferLayout(identity.network, identity.recipe.freeze);
  const prefixes = ['', ...Object.keys(moments)];
  const slots = [
    ...[...running, ...held].map(({ name, size }) => ({ name, size })),
    ...trained.flatMap(({ name, size }) => prefixes.map((it) => ({ name: it + name, size }))),
    { name: 'step', size: 1 },
  ];
  for (const { name, size } of slots) {
    const found = tensors[name];
    if (found === undefined || (found.end - found.begin) / 4 !== size)
      throw incomplete(where, name, size, found && (found.end - found.begin) / 4);
  }
  return identity;
}

const text = z.string();

/** Metadata are texts; what is no number by its text is none. */
const whole = text.regex(/^-?\d{1,16}$/).transform(Number);

const json = text.transform((value, context) => {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    context.addIssue('expected JSON');
    return z.NEVER;
  }
});

const identitySchema = z.object({
  format: z.literal('atelier.checkpoint/1'),
  network: json.pipe(networkSchema),
  recipe: json.pipe(recipeSchema),
  seed: whole,
  epoch: whole,
});

function identityOf(metadata: Record<string, string>, where: string): CheckpointIdentity {
  const { data, error } = identitySchema.safeParse(metadata);
  if (error) throw refuse(where, `${error.issues[0]!.path.join('.')}: ${error.issues[0]!.message}`);
  const { format: _, ...identity } = data;
  return identity;
}

const refuse = (where: string, found: string): UserError =>
  new UserError({
    what: 'This is not a training checkpoint.',
    where,
    expected: 'format atelier.checkpoint/1 with a network, a recipe, a seed, an epoch and a step',
    found,
  });

const incomplete = (
  where: string,
  name: string,
  size: number,
  found: number | undefined,
): UserError =>
  new UserError({
    what: 'The checkpoint is incomplete.',
    where,
    expected: `${name} with ${size} elements`,
    found: found === undefined ? 'none' : `${found} elements`,
  });

function readState(
  tensors: Record<string, Tensor>,
  { trained, trainedLength, running, runningLength, held, heldLength }: BufferLayout,
  where: string,
): Omit<TrainingState, 'step'> {
  const gather = (slots: Slot[], length: number, prefix = '') => {
    const buffer = new Float32Array(length);
    for (const { name, offset, size } of slots) {
      const data = tensors[prefix + name]?.data;
      if (data?.length !== size) throw incomplete(where, prefix + name, size, data?.length);
      buffer.set(data, offset);
    }
    return buffer;
  };
  return {
    parameters: gather(trained, trainedLength),
    firstMoment: gather(trained, trainedLength, 'adamw.m.'),
    secondMoment: gather(trained, trainedLength, 'adamw.v.'),
    running: gather(running, runningLength),
    held: gather(held, heldLength),
  };
}

function scatter(slots: Slot[], buffer: Float32Array, prefix = ''): Record<string, Tensor> {
  return Object.fromEntries(
    slots.map(({ name, shape, offset, size }) => [
      prefix + name,
      { dtype: 'F32', shape, data: buffer.subarray(offset, offset + size) },
    ]),
  );
}
