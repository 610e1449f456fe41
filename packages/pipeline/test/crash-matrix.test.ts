import { expect, test } from 'vitest';
import { faults, kills, subset } from './crash-matrix/cells.ts';
import { pruneCells } from './crash-matrix/prune-cells.ts';
import { runMatrix } from './crash-matrix/run-matrix.ts';

test('a run that is hit at its hardest moments ends with the digests of an undisturbed one', async () => {
  const cells = [...kills, ...faults, ...pruneCells].filter(({ name }) => subset.includes(name));
  const { results } = await runMatrix(cells);
  const ends = results.map(({ name, problem }) => [name, problem ?? 'equal']);
  expect(Object.fromEntries(ends)).toEqual(
    Object.fromEntries(subset.map((name) => [name, 'equal'])),
  );
}, 600_000);
