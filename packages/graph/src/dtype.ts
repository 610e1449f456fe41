import * as tf from '@tensorflow/tfjs-core';
import { nodeBackend, type OpAttribute } from './backend.ts';
import { GraphError } from './graph-error.ts';

/** TensorFlow's type codes (types.proto) for what a program takes, holds and gives. */
export const dtypeCode = { float32: 1, int32: 3, uint8: 4, bool: 10 } as const;

/** tfjs's types, and uint8 for byte tensors. */
export type DType = keyof typeof dtypeCode;

const names = new Map<number, DType>(
  Object.entries(dtypeCode).map(([name, code]) => [code, name as DType]),
);

/** Whether TensorFlow holds a tensor's values: it may even where the tensor is disposed of, for a clone. */
const hasValues = (tensor: tf.Tensor): boolean => tf.engine().state.tensorInfo.has(tensor.dataId);

/**
 * Refuses a tensor that has been disposed of, whether a clone keeps its values or not.
 * @param where names the tensor in the error
 */
export function checkAlive(tensor: tf.Tensor, where: string): void {
  // tf.disposeVariables() takes a variable's values, but does not mark it.
  if (tensor.isDisposed || !hasValues(tensor)) throw disposed(where);
}

const disposed = (where: string): GraphError =>
  new GraphError(
    `${where} has been disposed of.`,
    'keep it as long as it is used: return it from tf.tidy, or tf.keep it',
  );

/**
 * The type TensorFlow holds a tensor in; tfjs itself reports byte tensors as int32.
 * @throws GraphError for a type that programs do not know, and for a tensor whose values are gone
 */
export function dtypeOf(tensor: tf.Tensor, where: string): DType {
  if (!hasValues(tensor)) throw disposed(where);
  const code = nodeBackend().tensorMap.get(tensor.dataId)?.dtype;
  const name = names.get(code);
  if (name !== undefined) return name;
  throw new GraphError(
    `${where} has the type ${tensor.dtype} (TensorFlow's code ${code}), which a program cannot hold.`,
    `use ${[...names.values()].join(', ')}`,
  );
}

/** The attribute that tells an op the type of one of its arguments. */
export function typeAttribute(name: string, dtype: DType): OpAttribute {
  return { name, type: nodeBackend().binding.TF_ATTR_TYPE, value: dtypeCode[dtype] };
}
