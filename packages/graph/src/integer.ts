import * as tf from '@tensorflow/tfjs-core';
import { nodeBackend } from './backend.ts';
import { dtypeOf, typeAttribute } from './dtype.ts';
import { GraphError } from './graph-error.ts';

/** An int32 tensor, or a number that is taken modulo 2^32 as an int32 scalar. */
export type Int = tf.Tensor | number;

/**
 * The int32 tensor that an argument is.
 * @param name of the function whose argument it is, for errors
 */
export function toInt(value: Int, name: string): tf.Tensor {
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) throw new GraphError(`${name} takes integers; found ${value}.`);
    return tf.scalar(value | 0, 'int32');
  }
  const dtype = dtypeOf(value, `An argument of ${name}`);
  if (dtype === 'int32') return value;
  throw new GraphError(`${name} takes int32; found ${dtype}.`, `convert with tf.cast(x, 'int32')`);
}

type Binary = (a: Int, b: Int) => tf.Tensor;

/** An elementwise op of two int32 arguments, broadcast, that stays int32; without gradient. */
function binary(name: string, op: string): Binary {
  return (a, b) =>
    tf.tidy(() => {
      const inputs = [toInt(a, name), toInt(b, name)];
      return nodeBackend().executeSingleOutput(op, [typeAttribute('T', 'int32')], inputs);
    });
}

/** a + b, wrapping at 32 bits. */
export const intAdd: Binary = binary('intAdd', 'AddV2');
/** a - b, wrapping at 32 bits. */
export const intSub: Binary = binary('intSub', 'Sub');
/** a * b, wrapping at 32 bits as Math.imul does. */
export const intMul: Binary = binary('intMul', 'Mul');
/** The lesser of a and b. */
export const intMin: Binary = binary('intMin', 'Minimum');
/** The greater of a and b. */
export const intMax: Binary = binary('intMax', 'Maximum');
/** The quotient rounded towards minus infinity. */
export const intFloorDiv: Binary = binary('intFloorDiv', 'FloorDiv');
/** The remainder with the divisor's sign. */
export const intMod: Binary = binary('intMod', 'FloorMod');
/** a & b: the bits that are set in both. */
export const bitAnd: Binary = binary('bitAnd', 'BitwiseAnd');
/** a | b: the bits that are set in one or both. */
export const bitOr: Binary = binary('bitOr', 'BitwiseOr');
/** a ^ b: the bits that are set in exactly one. */
export const bitXor: Binary = binary('bitXor', 'BitwiseXor');
/** a << b for b in 0 … 31. */
export const shiftLeft: Binary = binary('shiftLeft', 'LeftShift');
/** a >> b for b in 0 … 31: the sign is shifted in. */
export const shiftRight: Binary = binary('shiftRight', 'RightShift');

/** a >>> bits for a fixed number of bits in 1 … 31: zeros are shifted in. */
export const shiftRightLogical = (a: Int, bits: number): tf.Tensor =>
  tf.tidy(() => bitAnd(shiftRight(a, bits), 2 ** (32 - bits) - 1));

/** The integers 0 … count-1 as int32. */
export const iota = (count: number): tf.Tensor1D => tf.range(0, count, 1, 'int32');

/**
 * Rows of `x` by number: [n, …] and int32 indices of any shape [m…] give [m…, …]. For float32, int32, bool
 * and byte tensors. Unlike tf.gather it does not read the indices back to check them, and it has no gradient.
 * An index out of range is clamped in a program compiled by XLA. Elsewhere TensorFlow throws on the CPU:
 * eagerly, on the examples that a function is traced with, and without `jit`.
 */
export function gather(x: tf.Tensor, indices: tf.Tensor): tf.Tensor {
  const backend = nodeBackend();
  return tf.tidy(() => {
    const attributes = [
      { name: 'batch_dims', type: backend.binding.TF_ATTR_INT as number, value: 0 },
      typeAttribute('Tparams', dtypeOf(x, 'The first argument of gather')),
      typeAttribute('Tindices', 'int32'),
      typeAttribute('Taxis', 'int32'),
    ];
    const inputs = [x, toInt(indices, 'gather'), tf.scalar(0, 'int32')];
    return backend.executeSingleOutput('GatherV2', attributes, inputs);
  });
}
