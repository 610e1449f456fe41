import { UserError } from '@atelier/errors';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '@atelier/safetensors';
import { type Tensor as Tfjs, tensor } from '@tensorflow/tfjs-core';
import { type Network, networkSchema } from './configuration.ts';
import type { Weights } from './forward.ts';
import { tensorSpecs } from './layout.ts';

/** A network with its tensors, all F32, named as in `tensorSpecs`. */
export interface Model {
  network: Network;
  tensors: Record<string, Tensor>;
}

/** @param metadata further entries of the file's header, e.g. the epoch */
export function encodeModel(
  { network, tensors }: Model,
  metadata: Record<string, string> = {},
): Uint8Array {
  const named = Object.fromEntries(tensorSpecs(network).map(({ name }) => [name, tensors[name]!]));
  return encodeSafetensors({
    tensors: named,
    metadata: { ...metadata, network: JSON.stringify(network) },
  });
}

/**
 * Reads a model file, or the model in a training checkpoint; other tensors are left aside.
 * @param where names the bytes' origin in errors
 * @throws UserError where the network is not described, or a tensor is missing or of another shape
 */
export function decodeModel(bytes: Uint8Array, where: string): Model {
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  const network = describedNetwork(metadata.network, where);
  const named = tensorSpecs(network).map(({ name, shape }): [string, Tensor] => {
    const found = tensors[name];
    if (found?.dtype !== 'F32' || found.shape.join() !== shape.join())
      throw new UserError({
        what: `The model has no usable tensor ${name}.`,
        where,
        expected: `F32 [${shape}]`,
        found: found === undefined ? 'none' : `${found.dtype} [${found.shape}]`,
      });
    return [name, found];
  });
  return { network, tensors: Object.fromEntries(named) };
}

/** The model's tensors on the device; the caller disposes of them. */
export function weightsOf({ tensors }: Model): Weights {
  const onDevice = ([name, { data, shape }]: [string, Tensor]): [string, Tfjs] => [
    name,
    tensor(data, [...shape], 'float32'),
  ];
  return Object.fromEntries(Object.entries(tensors).map(onDevice));
}

function describedNetwork(json: string | undefined, where: string): Network {
  try {
    return networkSchema.parse(JSON.parse(json ?? 'null'));
  } catch (cause) {
    const failure = {
      what: 'The file does not describe its network.',
      where,
      expected: 'metadata `network`, as JSON',
      found: json ?? 'none',
    };
    throw new UserError(failure, { cause });
  }
}
