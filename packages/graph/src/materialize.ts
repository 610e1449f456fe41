import type { Tensor } from '@tensorflow/tfjs-core';
import { fresh, specOf } from './fresh.ts';
import { typesAttribute } from './graph-def.ts';
import { currentRecorder } from './tracing.ts';

/**
 * The same tensor, computed in full before anything that reads it. XLA fuses an operation into
 * its readers, which computes it once per reader and once per element of a broadcast; where that
 * costs more than memory does (hashes, divisions), this keeps it apart. Changes no value. Without
 * gradient. It needs `jit`; eagerly, where every tensor is computed in full, it does nothing.
 */
export function materialize<T extends Tensor>(tensor: T): T {
  const recorder = currentRecorder();
  const { dtype } = specOf(tensor, 'The argument of materialize');
  const same = fresh(tensor, 'The argument of materialize') as T;
  if (recorder === undefined) return same;
  const input = recorder.reference(tensor, 'The argument of materialize');
  const attributes = new Map([['T', typesAttribute([dtype])]]);
  const name = recorder.add('XlaOptimizationBarrier', attributes, [input]);
  recorder.bind(same, `${name}:output:0`);
  return same;
}
