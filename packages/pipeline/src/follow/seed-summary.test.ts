import { expect, test } from 'vitest';
import type { RunResult } from '../stages/index.ts';
import { seedTable, spreadOf, summariseSeeds } from './seed-summary.ts';

const result = (seed: number, validationAccuracy: number, testAccuracy: number) => ({
  seed,
  result: { bestEpoch: 10 * seed, validationAccuracy, testAccuracy } as RunResult,
});

test('the mean and the standard deviation of a sample', () => {
  // Worked by hand: the squares 4, 1, 1 and 4 over n - 1 = 3.
  expect(spreadOf([1, 2, 4, 5])).toEqual({ mean: 3, sd: Math.sqrt(10 / 3) });
  expect(spreadOf([0.25])).toEqual({ mean: 0.25, sd: null });
});

const wide = Number.POSITIVE_INFINITY;
const table = (results: Parameters<typeof seedTable>[0], columns = wide): string[] =>
  seedTable(results, columns);

test('every seed is a line, and the last one sums up', () => {
  const results = [result(1, 0.9, 0.91), result(2, 0.92, 0.93)];
  expect(summariseSeeds(results).testAccuracy.mean).toBeCloseTo(0.92, 12);
  expect(table(results)).toEqual([
    'seed       best epoch      validation            test',
    '1                  10         90.00 %         91.00 %',
    '2                  20         92.00 %         93.00 %',
    'mean ± sd              91.00 ± 1.41 %  92.00 ± 1.41 %',
  ]);
  expect(table(results, 60)).toEqual(table(results));
  expect(table(results, 41).at(-1)).toBe('mean ± sd  91.00 ± 1.41 %  92.00 ± 1.41 %');
});

test('one seed has no spread', () => {
  expect(table([result(1, 0.9, 0.91)])).toHaveLength(2);
});
