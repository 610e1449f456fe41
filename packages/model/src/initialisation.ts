import { normals } from '@atelier/random';
import type { Tensor } from '@atelier/safetensors';
import type { Network } from './configuration.ts';
import { type ParameterSpec, tensorSpecs } from './layout.ts';
import type { Model } from './model-file.ts';

/** Names the stream of initial weights among everything that is drawn from one seed. */
const stream = 0x1417;

/**
 * A network before training: weights by Kaiming's normal initialisation for rectifiers
 * (https://arxiv.org/abs/1502.01852: mean 0, variance 2 / inputs), scales and running variances 1,
 * everything else 0. A function of the network's shape and the seed alone.
 */
export function initialModel(network: Network, seed: number): Model {
  const entries = tensorSpecs(network).map((spec, site): [string, Tensor] => [
    spec.name,
    { dtype: 'F32', shape: spec.shape, data: initialValues(spec, seed, site) },
  ]);
  return { network, tensors: Object.fromEntries(entries) };
}

function initialValues({ shape, kind }: ParameterSpec, seed: number, site: number): Float32Array {
  const size = shape.reduce((a, b) => a * b, 1);
  if (kind === 'scale' || kind === 'runningVariance') return new Float32Array(size).fill(1);
  if (kind !== 'weight') return new Float32Array(size);
  const deviation = Math.sqrt(2 / shape[0]!);
  return Float32Array.from(normals(size, stream, seed, site), (z) => z * deviation);
}
