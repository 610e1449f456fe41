import { type Attribute, codeAttribute } from './graph-def.ts';
import type { Recorder } from './recorder.ts';

/**
 * What matrix products and convolutions multiply. With bfloat16, which keeps the range of float32 and 8 of its 24
 * significant bits, their operands are rounded to it, and what they give is float32 again.
 */
export type Precision = 'float32' | 'bfloat16';

const codes = { float32: 1, bfloat16: 14 } as const;

/** The ops that multiply, by the places of what they multiply among their arguments. */
const products: Readonly<Record<string, readonly [number, number]>> = {
  BatchMatMulV2: [0, 1],
  Conv2D: [0, 1],
  Conv2DBackpropInput: [1, 2],
  Conv2DBackpropFilter: [0, 2],
};

/** Whether an op is a product that `recordInBfloat16` writes down. */
export const isProduct = (op: string, types: readonly (number | undefined)[]): boolean =>
  Object.hasOwn(products, op) && products[op]!.every((i) => types[i] === codes.float32);

/**
 * Writes down a product of bfloat16 that gives float32. XLA has one whose sums stay float32 to the end; all others
 * sum in float32 and round their results.
 * @returns what refers to the result
 */
export function recordInBfloat16(
  recorder: Recorder,
  op: string,
  attributes: ReadonlyMap<string, Attribute>,
  inputs: readonly string[],
): string {
  const cast = (reference: string, from: Precision, to: Precision): string => {
    const types = [
      ['SrcT', codeAttribute(codes[from])],
      ['DstT', codeAttribute(codes[to])],
    ] as const;
    return `${recorder.add('Cast', new Map(types), [reference])}:y:0`;
  };
  const operands = products[op]!;
  const rounded = inputs.map((reference, i) =>
    operands.includes(i) ? cast(reference, 'float32', 'bfloat16') : reference,
  );
  const bfloat16 = codeAttribute(codes.bfloat16);
  if (op === 'BatchMatMulV2' && recorder.options.jit) {
    const { T: _, ...others } = Object.fromEntries(attributes);
    const types = { Ta: bfloat16, Tb: bfloat16, Tout: codeAttribute(codes.float32) };
    const all = new Map(Object.entries({ ...others, ...types }));
    return `${recorder.add('BatchMatMulV3', all, rounded)}:output:0`;
  }
  const product = recorder.add(op, new Map([...attributes, ['T', bfloat16]]), rounded);
  return cast(`${product}:output:0`, 'bfloat16', 'float32');
}
