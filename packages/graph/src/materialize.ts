import { customGrad, type Tensor } from '@tensorflow/tfjs-core';
import { currentRecorder } from './current.ts';
import { fresh, specOf } from './fresh.ts';
import { typesAttribute } from './graph-def.ts';

/**
 * The same tensor, computed in full before anything that reads it. XLA fuses an operation into
 * its readers, which computes it once per reader and once per element of a broadcast; where that
 * costs more than memory does (hashes, divisions), this keeps it apart. Changes no value. Eagerly
 * and without `jit`, where every tensor is computed in full, it does nothing. For XLA on CPU, a
 * process must be started with XLA_FLAGS=--xla_disable_hlo_passes=cse_barrier_expander, or XLA
 * removes the barrier before it fuses.
 */
export function materialize<T extends Tensor>(tensor: T): T {
  if (currentRecorder()?.options.jit !== true) return tensor.clone() as T;
  return withBarrier(tensor) as T;
}

const withBarrier = customGrad((x) => ({
  value: barrier(x as Tensor),
  gradFunc: (dy: Tensor) => dy,
}));

/** {@link materialize} for a program that XLA compiles, without a gradient. */
export function barrier(tensor: Tensor): Tensor {
  const recorder = currentRecorder()!;
  const where = 'The argument of materialize';
  const same = fresh(tensor, where);
  const attributes = new Map([['T', typesAttribute([specOf(tensor, where).dtype])]]);
  const name = recorder.add('XlaOptimizationBarrier', attributes, [
    recorder.reference(tensor, where),
  ]);
  recorder.bind(same, `${name}:output:0`, recorder.varies(tensor));
  return same;
}
