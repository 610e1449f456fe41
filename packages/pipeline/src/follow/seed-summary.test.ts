import { expect, test } from 'vitest';
import type { RunResult } from '../contract.ts';
import { seedTable, summariseSeeds } from './seed-summary.ts';
import { spreadOf } from './spread.ts';

const colour = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');

const result = (seed: number, validationAccuracy: number, testAccuracy: number) => ({
  seed,
  result: { bestEpoch: 10 * seed, validationAccuracy, testAccuracy } as RunResult,
});

test('the mean and the standard deviation of a sample', () => {
  // Worked by hand: the squares 4, 1, 1 and 4 over n - 1 = 3.
  expect(spreadOf([1, 2, 4, 5])).toEqual({ mean: 3, sd: Math.sqrt(10 / 3) });
  expect(spreadOf([0.25])).toEqual({ mean: 0.25, sd: null });
});

test('every seed is a line, and the last one sums up', () => {
  const results = [result(1, 0.9, 0.91), result(2, 0.92, 0.93)];
  expect(summariseSeeds(results).testAccuracy.mean).toBeCloseTo(0.92, 12);
  const lines = seedTable(results).map((line) =>
    line
      .replace(colour, '')
      .trim()
      .split(/\s{2,}/),
  );
  expect(lines).toEqual([
    ['seed', 'best epoch', 'validation', 'test'],
    ['1', '10', '90.00 %', '91.00 %'],
    ['2', '20', '92.00 %', '93.00 %'],
    ['mean ± sd', '91.00 ± 1.41 %', '92.00 ± 1.41 %'],
  ]);
});

test('one seed has no spread', () => {
  expect(seedTable([result(1, 0.9, 0.91)])).toHaveLength(2);
});
