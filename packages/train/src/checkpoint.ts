import { UserError } from '@atelier/errors';
import { decodeModel, type Network, recordedNetwork } from '@atelier/model';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '@atelier/safetensors';
import { withoutAddedDefaults } from '@atelier/settings';
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
}

const moments = { 'adamw.m.': 'firstMoment', 'adamw.v.': 'secondMoment' } as const;

/**
 * A safetensors file with the model's tensors under their own names, so that it is a model file
 * too, AdamW's moments as adamw.m.* and adamw.v.*, and the step counter as `step`.
 */
export function encodeCheckpoint({ network, recipe, seed, epoch, state }: Checkpoint): Uint8Array {
  const { trained, running, held } = bufferLayout(network);
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
  const recipe = recipeSchema.safeParse(JSON.parse(metadata.recipe ?? 'null'));
  const step = tensors.step?.data[0];
  if (!recipe.success || step === undefined || metadata.format !== 'atelier.checkpoint/1')
    throw new UserError({
      what: 'This is not a training checkpoint.',
      where,
      expected: 'format atelier.checkpoint/1 with a recipe and a step',
      found: `format ${metadata.format ?? 'none'}`,
    });
  return {
    network,
    recipe: recipe.data,
    seed: Number(metadata.seed),
    epoch: Number(metadata.epoch),
    state: { ...readState(tensors, bufferLayout(network), where), step },
  };
}

function readState(
  tensors: Record<string, Tensor>,
  { trained, trainedLength, running, runningLength, held, heldLength }: BufferLayout,
  where: string,
): Omit<TrainingState, 'step'> {
  const gather = (slots: Slot[], length: number, prefix = '') => {
    const buffer = new Float32Array(length);
    for (const { name, offset, size } of slots) {
      const data = tensors[prefix + name]?.data;
      if (data?.length !== size)
        throw new UserError({
          what: 'The checkpoint is incomplete.',
          where,
          expected: `${prefix + name} with ${size} elements`,
          found: data === undefined ? 'none' : `${data.length} elements`,
        });
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
