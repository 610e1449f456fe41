import type { DType } from './dtype.ts';
import { type Attribute, dtypeAttribute, type NodeDef, tensorAttribute } from './graph-def.ts';

/** An argument of a function whose first dimension is the batch, and the two sizes that it was traced for. */
export interface Batch {
  argument: { name: string; dtype: DType; rank: number };
  traced: readonly [number, number];
}

const int32 = dtypeAttribute('int32');

/** Shapes that a function computes from the size of its batch. */
export class SizedShapes {
  /** What all of them begin with; empty where none was asked for. */
  readonly nodes: NodeDef[] = [];
  readonly #batch: Batch | undefined;

  /** @param batch undefined for a function that is given none, such as a loop's body */
  constructor(batch: Batch | undefined) {
    this.#batch = batch;
  }

  /**
   * A shape in which every number is the same for all sizes of the batch, or a multiple of it.
   * @param few,many what it was for the two sizes
   * @returns the nodes that compute it, the last one the shape; undefined for any other shape
   */
  computed(name: string, few: readonly number[], many: readonly number[]): NodeDef[] | undefined {
    if (this.#batch === undefined) return undefined;
    const [less, more] = this.#batch.traced;
    const factors = few.map((size, i) => (size === many[i] ? 0 : size / less));
    const isMultiple = (factor: number, i: number): boolean =>
      factor === 0 || (Number.isInteger(factor) && many[i] === factor * more);
    if (!factors.every(isMultiple)) return undefined;
    const fixed = few.map((size, i) => (factors[i] === 0 ? size : 0));
    const times = shapeConstant(`${name}_factors`, factors);
    const plus = shapeConstant(`${name}_fixed`, fixed);
    const multiples = [this.#size(this.#batch), result(times)];
    const product = arithmetic(`${name}_multiples`, 'Mul', multiples, few.length);
    const sum = [result(product), result(plus)];
    return [times, plus, product, arithmetic(`${name}_shape`, 'AddV2', sum, few.length)];
  }

  /** The size of the batch, [1]. */
  #size({ argument: { name, dtype, rank } }: Batch): string {
    if (this.nodes.length > 0) return result(this.nodes.at(-1)!);
    const shape = node('batch_shape', 'Shape', [name], [rank], {
      ...{ T: dtypeAttribute(dtype), out_type: int32 },
    });
    const [begin, end] = [shapeConstant('batch_begin', [0]), shapeConstant('batch_end', [1])];
    const inputs = [shape, begin, end].map(result);
    const size = node('batch_size', 'Slice', inputs, [1], { T: int32, Index: int32 });
    this.nodes.push(shape, begin, end, size);
    return result(size);
  }
}

/** The reference to what a node of one result gives. */
export const result = ({ name, gave }: NodeDef): string => `${name}:${gave![0]!.output}`;

/** A constant that is a shape, or the like. */
export const shapeConstant = (name: string, values: readonly number[]): NodeDef =>
  node(name, 'Const', [], [values.length], {
    dtype: int32,
    value: tensorAttribute({ shape: [values.length], dtype: 'int32' }, Int32Array.from(values)),
  });

const arithmetic = (
  name: string,
  op: string,
  inputs: readonly string[],
  length: number,
): NodeDef => ({
  ...node(name, op, inputs, [length], { T: int32 }),
  gave: [{ output: 'z:0', shape: [length] }],
});

/**
 * A constant of one value, in a shape that another node computes.
 * @param like the value in some shape
 * @returns nodes of which the last one has the constant's name
 */
export function filledWith(
  name: string,
  shape: NodeDef,
  { tensor, values }: Extract<Attribute, { tensor: unknown }>,
): NodeDef[] {
  const { dtype } = tensor;
  const value = node(`${name}_value`, 'Const', [], [], {
    dtype: dtypeAttribute(dtype),
    value: tensorAttribute({ shape: [], dtype }, values.slice(0, 1)),
  });
  const gives = tensor.shape.map(() => -1);
  const inputs = [result(shape), result(value)];
  const types = { T: dtypeAttribute(dtype), index_type: int32 };
  return [value, node(name, 'Fill', inputs, gives, types)];
}

function node(
  name: string,
  op: string,
  inputs: readonly string[],
  shape: readonly number[],
  attributes: Readonly<Record<string, Attribute>>,
): NodeDef {
  const gave = [{ output: 'output:0', shape }];
  return { name, op, inputs, attributes: new Map(Object.entries(attributes)), gave };
}
