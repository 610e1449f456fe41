import { expect, test } from 'vitest';
import { restartDelayMs } from './backoff.ts';

test('the pause doubles from a fifth of a second to a quarter of a minute', () => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 8, 9, 50].map(restartDelayMs);
  expect(delays).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000, 15_000]);
});
