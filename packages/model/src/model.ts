import { UserError } from '@atelier/errors';
import { normals } from '@atelier/random';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '@atelier/safetensors';
import { type Tensor as Tfjs, tensor } from '@tensorflow/tfjs-core';
import { roles, type TensorSpec } from './architectures/architecture.ts';
import {
  type Network,
  networkSchema,
  recordedNetwork,
  sizeOf,
  tensorSpecs,
} from './architectures/index.ts';
import type { Weights } from './layers.ts';

/** A network with its tensors, all F32, named as in `tensorSpecs`. */
export interface Model {
  network: Network;
  tensors: Record<string, Tensor>;
  /** Of a network that a person wrote: its module's text, see `loadNetwork`. */
  source?: string | undefined;
}

/** Names the stream of initial weights among everything that is drawn from one seed. */
const stream = 0x1417;

/**
 * A network before training: weights by Kaiming's normal initialisation for rectifiers
 * (https://arxiv.org/abs/1502.01852: mean 0, variance 2 / fan-in), scales and running variances 1,
 * everything else 0. A function of the network's shape and the seed alone.
 */
export function initialModel(network: Network, seed: number): Model {
  const entries = tensorSpecs(network).map((spec, site): [string, Tensor] => [
    spec.name,
    { dtype: 'F32', shape: spec.shape, data: initialValues(spec, seed, site) },
  ]);
  return { network, tensors: Object.fromEntries(entries) };
}

function initialValues(spec: TensorSpec, seed: number, site: number): Float32Array {
  const { initial } = roles[spec.role];
  const size = sizeOf(spec);
  if (initial !== 'kaiming') return new Float32Array(size).fill(initial);
  const deviation = Math.sqrt(2 / spec.fanIn!);
  return Float32Array.from(normals(size, stream, seed, site), (z) => z * deviation);
}

/** @param metadata further entries of the file's header, e.g. the epoch */
export function encodeModel(
  { network, tensors, source }: Model,
  metadata: Record<string, string> = {},
): Uint8Array {
  const named = Object.fromEntries(tensorSpecs(network).map(({ name }) => [name, tensors[name]!]));
  return encodeSafetensors({
    tensors: named,
    metadata: {
      ...metadata,
      network: JSON.stringify(recordedNetwork(network)),
      ...(source !== undefined && { source }),
    },
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
  const { source } = metadata;
  return { network, tensors: Object.fromEntries(named), ...(source !== undefined && { source }) };
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
      found: json?.slice(0, 200) ?? 'none',
    };
    throw new UserError(failure, { cause });
  }
}
