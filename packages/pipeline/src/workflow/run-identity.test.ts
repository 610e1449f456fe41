import { expect, test } from 'vitest';
import { nightlySeed, nightlySeeds, seedsFrom } from './run-identity.ts';

test('every night has a seed of its own, the same night always the same', () => {
  const nights = Array.from({ length: 1000 }, (_, day) => new Date(Date.UTC(2026, 0, day, 2)));
  const seeds = nights.map(nightlySeed);
  expect(new Set(seeds).size).toBe(1000);
  for (const seed of seeds) expect(seed).toBeLessThan(2 ** 31);
  expect(nightlySeed(new Date('2026-01-31T02:00:00Z'))).toBe(seeds[31]);
});

test('nights that train several seeds never share one, a minute apart or a year', () => {
  const minutes = Array.from({ length: 4000 }, (_, i) => new Date(Date.UTC(2026, 0, 1, 2, i)));
  const years = Array.from({ length: 70 }, (_, i) => new Date(Date.UTC(2027 + i, 5, 1, 4, 30)));
  const seeds = [...minutes, ...years].flatMap((time) => nightlySeeds(25, time));
  expect(new Set(seeds).size).toBe(4070 * 25);
  expect(Math.min(...seeds)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...seeds)).toBeLessThan(2 ** 31);
  expect(nightlySeeds(3, minutes[7])).toEqual(seeds.slice(7 * 25, 7 * 25 + 3));
});

test('a seed that is set is followed by those after it', () => {
  expect(seedsFrom(5, 3)).toEqual([5, 6, 7]);
  expect(seedsFrom(2 ** 31 - 1, 2)).toEqual([2 ** 31 - 1, 0]);
});
