import { isUserError } from '@atelier/errors';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stratifiedSplit } from './stratified-split.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const cases = fc
  .array(fc.integer({ min: 0, max: 6 }), { minLength: 2, maxLength: 200 })
  .chain((labels) =>
    fc.record({
      labels: fc.constant(Uint8Array.from(labels)),
      count: fc.integer({ min: 1, max: labels.length - 1 }),
      seed: seeds,
    }),
  );

const sizes = (labels: Uint8Array, positions: Iterable<number>): number[] => {
  const counts = new Array<number>(7).fill(0);
  for (const i of positions) counts[labels[i] as number]! += 1;
  return counts;
};

test('both parts are ascending, disjoint and together everything', () => {
  fc.assert(
    fc.property(cases, ({ labels, count, seed }) => {
      const { chosen, others } = stratifiedSplit(labels, count, seed);
      expect(chosen.length).toBe(count);
      expect(chosen).toEqual(chosen.toSorted());
      expect(others).toEqual(others.toSorted());
      expect([...chosen, ...others].sort((a, b) => a - b)).toEqual([...labels.keys()]);
    }),
  );
});

test('every class keeps its share to less than one example', () => {
  fc.assert(
    fc.property(cases, ({ labels, count, seed }) => {
      const chosen = sizes(labels, stratifiedSplit(labels, count, seed).chosen);
      sizes(labels, labels.keys()).forEach((size, c) => {
        expect(Math.abs(chosen[c]! - (count * size) / labels.length)).toBeLessThan(1);
      });
    }),
  );
});

test('classes of equal size differ by at most one, the lower classes having more', () => {
  const labels = Uint8Array.from({ length: 40 }, (_, i) => i % 4);
  expect(sizes(labels, stratifiedSplit(labels, 10, 1).chosen).slice(0, 4)).toEqual([3, 3, 2, 2]);
});

test('places left over go to the largest remainders', () => {
  // 5 of 9: quotas 2.78, 1.67, 0.56 leave two places, for classes 0 and 1.
  const labels = Uint8Array.of(0, 0, 0, 0, 0, 1, 1, 1, 2);
  expect(sizes(labels, stratifiedSplit(labels, 5, 3).chosen).slice(0, 3)).toEqual([3, 2, 0]);
});

test('equal seeds give equal splits, different seeds different ones', () => {
  const labels = Uint8Array.from({ length: 1000 }, (_, i) => i % 10);
  fc.assert(
    fc.property(seeds, seeds, (a, b) => {
      const first = stratifiedSplit(labels, 500, a);
      expect(stratifiedSplit(labels, 500, a)).toEqual(first);
      if (a !== b) expect(stratifiedSplit(labels, 500, b)).not.toEqual(first);
    }),
    { numRuns: 20 },
  );
});

test('every example of a class is as likely to be chosen as any other', () => {
  const labels = Uint8Array.from({ length: 60 }, (_, i) => i % 3);
  const times = new Float64Array(60);
  for (let seed = 0; seed < 1000; seed++)
    for (const i of stratifiedSplit(labels, 30, seed).chosen) times[i]! += 1;
  // Binomial of 1,000 draws at one half: mean 500, standard deviation 15.8; five of them.
  for (const n of times) expect(Math.abs(n - 500)).toBeLessThan(79);
});

test('the split is the one that docs/data-format.md describes (computed there in Python)', () => {
  const labels = Uint8Array.of(0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 0);
  expect([...stratifiedSplit(labels, 5, 7).chosen]).toEqual([1, 3, 8, 9, 10]);
  expect([...stratifiedSplit(labels, 5, 2 ** 32 - 1).chosen]).toEqual([0, 5, 6, 7, 10]);
});

test('an impossible size or seed is refused by name', () => {
  const labels = Uint8Array.of(0, 1, 0, 1);
  for (const count of [0, 4, 5, -1, 1.5, Number.NaN])
    expect(() => stratifiedSplit(labels, count, 0)).toThrow(/validationCount[\s\S]*1 to 3/);
  for (const seed of [-1, 2 ** 32, 0.5])
    expect(() => stratifiedSplit(labels, 2, seed)).toThrow(/splitSeed/);
  try {
    stratifiedSplit(labels, 0, 0);
  } catch (error) {
    expect(isUserError(error)).toBe(true);
  }
});
