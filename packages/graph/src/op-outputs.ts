import type { OpAttribute } from './backend.ts';
import { GraphError } from './graph-error.ts';
import { opTable } from './op-table.ts';

/** Ops whose results' shapes depend on values, which one fixed program cannot hold. */
const dynamicShape = new Set(['Where', 'Unique', 'UniqueV2', 'NonMaxSuppressionV3']);

/**
 * Where an op's outputs are found inside a function: `argument:index` for each, in order.
 * @throws GraphError for an op that is unknown, random, stateful or of a shape that depends on values
 */
export function opOutputs(op: string, attributes: readonly OpAttribute[]): string[] {
  const outputs = Object.hasOwn(opTable, op) ? opTable[op] : undefined;
  if (outputs === undefined) throw new GraphError(`The TensorFlow op "${op}" is unknown.`);
  if (outputs === '!') {
    throw new GraphError(
      `The TensorFlow op "${op}" keeps state or draws at random, which cannot be traced.`,
      'return new state from the function; draw with randomUniform(shape, key) of this package',
    );
  }
  if (dynamicShape.has(op)) {
    throw new GraphError(
      `The shape of the result of the TensorFlow op "${op}" depends on values.`,
      'keep shapes fixed, e.g. by a mask and tf.where(condition, a, b)',
    );
  }
  return outputs.split(' ').flatMap((output) => {
    const [argument, countedBy] = output.split('*') as [string, string?];
    if (countedBy === undefined) return [`${argument}:0`];
    const count = attributes.find(({ name }) => name === countedBy)?.value;
    const length = Array.isArray(count) ? count.length : Number(count);
    return Array.from({ length }, (_, i) => `${argument}:${i}`);
  });
}
