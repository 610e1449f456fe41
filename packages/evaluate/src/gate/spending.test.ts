import { expect, test } from 'vitest';
import { upperTail } from './normal.ts';
import { crossings, spendingOf } from './spending.ts';

// scipy.stats.norm.sf
test.each([
  [0, 0.5],
  [1.959963984540054, 0.025],
  [3.9, 4.809634401760272e-5],
  [4.1, 2.0657506912546714e-5],
  [8, 6.220960574271785e-16],
  [-2, 0.9772498680518208],
])('the chance of a normal value above %d', (z, expected) => {
  expect(upperTail(z) / expected).toBeCloseTo(1, 9);
});

// Jennison & Turnbull, "Group sequential methods" (2000), table 2.3: two-sided, level 0.05.
test.each([
  [2, 1.977],
  [5, 2.04],
  [10, 2.087],
])("O'Brien and Fleming's boundary for %d equal looks", (looks, boundary) => {
  const times = Array.from({ length: looks }, (_, i) => (i + 1) / looks);
  expect(crossings(boundary, times).atLooks.at(-1)).toBeCloseTo(0.025, 4);
});

test('a level is spent over unlimited looks, and no more of it', () => {
  for (const level of [0.001, 0.05, 0.3]) {
    const { criticalZ, spent } = spendingOf(level);
    const looks = [1, 2, 3, 20, 21, 365, 1e6];
    const spentBy = looks.map(spent);
    expect(spentBy).toEqual(spentBy.toSorted((a, b) => a - b));
    expect(spentBy[0]! / upperTail(criticalZ(1))).toBeCloseTo(1, 9);
    expect(spentBy.at(-1)! / level).toBeCloseTo(1, 3);
    expect(looks.map(criticalZ)).toEqual(looks.map(criticalZ).toSorted((a, b) => b - a));
    // A single look needs less, and looking all the time from the start on needs twice the level.
    expect(upperTail(criticalZ(1e6))).toBeLessThan(level);
    expect(upperTail(criticalZ(1e6))).toBeGreaterThan(level / 2);
  }
});
