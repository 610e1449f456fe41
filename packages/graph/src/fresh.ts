import * as tf from '@tensorflow/tfjs-core';
import { nodeBackend } from './backend.ts';
import { byteTensor } from './bytes.ts';
import { type DType, dtypeOf, typeAttribute } from './dtype.ts';
import { unrecorded } from './tracing.ts';
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
    if (value instanceof tf.Tensor) return fresh(value, where);
    const shape = [...value.shape];
    if (value.dtype === 'uint8')
      return byteTensor(new Uint8Array(tf.util.sizeFromShape(shape)), shape);
    return tf.zeros(shape, value.dtype);
  });
}

/** A tensor's shape and true type. */
export function specOf(value: tf.Tensor | TensorSpec, where: string): TensorSpec {
  const dtype: DType = value instanceof tf.Tensor ? dtypeOf(value, where) : value.dtype;
  return { shape: value.shape, dtype };
}
