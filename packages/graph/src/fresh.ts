import * as tf from '@tensorflow/tfjs-core';
import { nodeBackend } from './backend.ts';
import { byteTensor } from './bytes.ts';
import { unrecorded } from './current.ts';
import { checkAlive, dtypeOf, typeAttribute } from './dtype.ts';
import type { TensorSpec } from './tree.ts';

/**
 * The same values under a dataId of their own, without a copy: a trace tells tensors apart by dataId,
 * and one tensor may stand in two places of a tree.
 */
export function fresh(tensor: tf.Tensor, where: string): tf.Tensor {
  const attributes = [typeAttribute('T', dtypeOf(tensor, where))];
  return unrecorded(() => nodeBackend().executeSingleOutput('Identity', attributes, [tensor]));
}

/** A tensor to trace with: the given one's values, or zeros of a specification. */
export function example(value: tf.Tensor | TensorSpec, where: string): tf.Tensor {
  return unrecorded(() => {
    if (value instanceof tf.Tensor) {
      checkAlive(value, where);
      return fresh(value, where);
    }
    const shape = [...value.shape];
    if (value.dtype === 'uint8')
      return byteTensor(new Uint8Array(tf.util.sizeFromShape(shape)), shape);
    return tf.zeros(shape, value.dtype);
  });
}

/** The shape and true type of a tensor, which must not have been disposed of. */
export function specOf(value: tf.Tensor | TensorSpec, where: string): TensorSpec {
  if (!(value instanceof tf.Tensor)) return { shape: value.shape, dtype: value.dtype };
  checkAlive(value, where);
  return { shape: value.shape, dtype: dtypeOf(value, where) };
}
