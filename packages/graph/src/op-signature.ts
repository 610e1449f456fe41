import * as tf from '@tensorflow/tfjs-core';
import type { OpAttribute } from './backend.ts';
import { GraphError, UnknownToXla } from './graph-error.ts';
import { opTable } from './op-table.ts';

/** Ops whose results' shapes depend on values, which one fixed program cannot hold. */
const dynamicShape = new Set([
  'NonMaxSuppressionV3',
  'NonMaxSuppressionV4',
  'NonMaxSuppressionV5',
  'Unique',
  'UniqueV2',
  'Where',
]);

/** NonMaxSuppressionV4 can fill its result up to a given size, and then belongs to the others. */
const isPadded = (attributes: readonly OpAttribute[]): boolean =>
  attributes.some(({ name, value }) => name === 'pad_to_max_output_size' && value === true);

/** An argument of an op: one tensor, or as many as the attribute `length` says. */
interface Argument {
  name: string;
  length: string | undefined;
}

export interface OpSignature {
  /** The name of an input is that of the attribute which holds its type; `-` if the type is fixed. */
  inputs: Argument[];
  outputs: Argument[];
}

/**
 * What TensorFlow's registry says of an op.
 * @param jit whether XLA is to compile it
 * @throws GraphError for an op that is unknown, random, stateful or of a shape that depends on values, and
 * UnknownToXla for one that XLA is to compile and cannot
 */
export function opSignature(
  op: string,
  attributes: readonly OpAttribute[],
  jit: boolean,
): OpSignature {
  const entry = Object.hasOwn(opTable, op) ? opTable[op] : undefined;
  if (entry === undefined) throw new GraphError(`The TensorFlow op "${op}" is unknown.`);
  if (entry === '!') {
    throw new GraphError(
      `The TensorFlow op "${op}" keeps state or draws at random, which cannot be traced.`,
      'return new state from the function; draw with randomUniform(shape, key) of this package',
    );
  }
  if (dynamicShape.has(op) && !isPadded(attributes)) {
    throw new GraphError(
      `The shape of the result of the TensorFlow op "${op}" depends on values.`,
      'keep shapes fixed, e.g. by a mask and tf.where(condition, a, b)',
    );
  }
  if (jit && entry.startsWith('~')) throw new UnknownToXla(`XLA lacks the TensorFlow op "${op}".`);
  const [inputs = '', outputs = ''] = entry.replace('~', '').split('>');
  return { inputs: parse(inputs), outputs: parse(outputs) };
}

const parse = (text: string): Argument[] =>
  text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const [name, length] = word.split('*') as [string, string?];
      return { name, length };
    });

/** How many tensors an argument stands for. */
export function argumentLength({ length }: Argument, attributes: readonly OpAttribute[]): number {
  if (length === undefined) return 1;
  const value = attributes.find(({ name }) => name === length)?.value;
  return Array.isArray(value) ? value.length : Number(value);
}

/**
 * TensorFlow brings Select to XLA by 8 ms of MLIR, SelectV2 at once. With arguments of one shape
 * they are the same; with others, Select's condition chooses rows and SelectV2 broadcasts.
 */
export function quickerToCompile(op: string, inputs: readonly tf.Tensor[]): string {
  const shapesAgree = () => inputs.every((it) => tf.util.arraysEqual(it.shape, inputs[0]!.shape));
  return op === 'Select' && shapesAgree() ? 'SelectV2' : op;
}
