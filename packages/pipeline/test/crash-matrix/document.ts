import type { Matrix } from './run-matrix.ts';

export async function formatMatrix(_matrix: Matrix, _minutes: number): Promise<string> {
  return '';
}
