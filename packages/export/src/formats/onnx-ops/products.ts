import { text } from '../onnx-model.ts';
import type { Op, Translate } from './op.ts';

/** One of two matrices, or stacks of them, turned where an attribute says so. */
function matrix(op: Op, i: 0 | 1, attribute: string): string {
  if (!op.flag(attribute)) return op.input(i);
  const axes = op.shape(i).map((_, axis) => axis);
  return op.transposed(op.input(i), [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}

const product =
  (first: string, second: string): Translate =>
  (op) =>
    op.emit('MatMul', [matrix(op, 0, first), matrix(op, 1, second)]);

/** Products of matrices, and sums of products. */
export const products: Readonly<Record<string, Translate>> = {
  MatMul: product('transpose_a', 'transpose_b'),
  BatchMatMul: product('adj_x', 'adj_y'),
  BatchMatMulV2: product('adj_x', 'adj_y'),
  Einsum: (op) => op.emit('Einsum', op.inputs, text('equation', op.text('equation', ''))),
};
