import * as tf from '@tensorflow/tfjs-core';
import { nodeBackend, type OpAttribute } from './backend.ts';
import { dtypeCode, dtypeOf, typeAttribute } from './dtype.ts';
import { GraphError } from './graph-error.ts';

/**
 * A tensor of unsigned bytes, a quarter of the memory of float32. tfjs has no such type and reports
 * int32: give it to `gather` and `castBytes` of this package only, or to a compiled function.
 * @param values shared, not copied: leave them as they are as long as the tensor lives
 */
export function byteTensor(values: Uint8Array, shape: readonly number[]): tf.Tensor {
  const size = tf.util.sizeFromShape([...shape]);
  if (values.length !== size) {
    throw new GraphError(
      `A byte tensor [${shape}] needs ${size} bytes; ${values.length} were given.`,
    );
  }
  const backend = nodeBackend();
  const id = backend.binding.createTensor([...shape], dtypeCode.uint8, values);
  return backend.createOutputTensor({ id, shape: [...shape], dtype: dtypeCode.uint8 });
}

/** Bytes as numbers 0 … 255 of another type. Without gradient. */
export function castBytes<D extends 'int32' | 'float32'>(x: tf.Tensor, dtype: D): tf.Tensor {
  const found = dtypeOf(x, 'The argument of castBytes');
  if (found !== 'uint8')
    throw new GraphError(`castBytes takes a byte tensor, not ${found}.`, 'use tf.cast');
  const backend = nodeBackend();
  const truncate: OpAttribute = {
    name: 'Truncate',
    type: backend.binding.TF_ATTR_BOOL,
    value: false,
  };
  const attributes = [typeAttribute('SrcT', 'uint8'), typeAttribute('DstT', dtype), truncate];
  return backend.executeSingleOutput('Cast', attributes, [x]);
}
