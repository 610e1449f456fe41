import type * as tf from '@tensorflow/tfjs-core';
import { nodeBackend, type OpAttribute } from './backend.ts';
import { GraphError } from './graph-error.ts';

/** TensorFlow's type codes (types.proto) for what a program takes, holds and gives. */
export const dtypeCode = { float32: 1, int32: 3, uint8: 4, bool: 10 } as const;

/** tfjs's types, and uint8 for byte tensors. */
export type DType = keyof typeof dtypeCode;

const names = new Map<number, DType>(
  Object.entries(dtypeCode).map(([name, code]) => [code, name as DType]),
);

/** The type TensorFlow holds a tensor in; tfjs itself reports byte tensors as int32. */
export function dtypeOf(tensor: tf.Tensor, where: string): DType {
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
