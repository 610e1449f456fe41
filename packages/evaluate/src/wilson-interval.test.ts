import { expect, test } from 'vitest';
import { wilsonInterval } from './index.ts';

// Expected bounds by R 4: prop.test(x, n, correct = FALSE)$conf.int
test.each([
  [8, 10, 0.4901625, 0.9433178],
  [0, 10, 0, 0.2775328],
  [10, 10, 0.7224672, 1],
  [1, 1, 0.2065493, 1],
])('%i of %i lies in [%f, %f]', (successes, total, lower, upper) => {
  const interval = wilsonInterval(successes, total);
  expect(interval.level).toBe(0.95);
  expect(interval.lower).toBeCloseTo(lower, 6);
  expect(interval.upper).toBeCloseTo(upper, 6);
});

test('bounds are the solutions p of (share - p)² = z² p (1 - p) / n', () => {
  const { lower, upper } = wilsonInterval(4601, 5000);
  for (const p of [lower, upper])
    expect((4601 / 5000 - p) ** 2).toBeCloseTo((1.959963984540054 ** 2 * p * (1 - p)) / 5000, 12);
});
