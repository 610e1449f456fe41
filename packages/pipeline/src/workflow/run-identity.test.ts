import { expect, test } from 'vitest';
import { nightlySeed } from './run-identity.ts';

test('every night has a seed of its own, the same night always the same', () => {
  const nights = Array.from({ length: 1000 }, (_, day) => new Date(Date.UTC(2026, 0, day, 2)));
  const seeds = nights.map(nightlySeed);
  expect(new Set(seeds).size).toBe(1000);
  for (const seed of seeds) expect(seed).toBeLessThan(2 ** 31);
  expect(nightlySeed(new Date('2026-01-31T02:00:00Z'))).toBe(seeds[31]);
});
