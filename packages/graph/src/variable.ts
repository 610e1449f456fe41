import * as tf from '@tensorflow/tfjs-core';
import { nodeBackend } from './backend.ts';
import { dtypeCode } from './dtype.ts';
import { fresh } from './fresh.ts';

/** `The variable "w"`; tfjs numbers those that nobody named, which tells nobody anything. */
export function describeVariable({ name, shape, dtype }: tf.Variable): string {
  const isNamed = !/^\d+$/.test(name);
  return isNamed
    ? `The variable "${name}"`
    : `A variable without name, ${dtype} [${shape.join(', ')}],`;
}

/**
 * Gives every variable a dataId of its own, without a copy. It shares that of the tensor it was made of or
 * last assigned, and the trace, which tells tensors apart by it, would take the one for the other.
 */
export function separateVariables(): void {
  const backend = nodeBackend();
  for (const variable of Object.values(tf.engine().registeredVariables)) {
    const isShared = backend.refCount(variable.dataId) > 1;
    if (!isShared || !Object.hasOwn(dtypeCode, variable.dtype)) continue;
    const own = fresh(variable, describeVariable(variable));
    variable.assign(own);
    own.dispose();
  }
}
