import { expect, test } from 'vitest';
import { differenceInterval, wilsonInterval } from './index.ts';

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

// Newcombe (1998), table II, method 10.
test.each([
  [[56, 70], [48, 80], 0.0524, 0.3339],
  [[9, 10], [3, 10], 0.1705, 0.809],
  [[10, 10], [0, 10], 0.6075, 1],
] as const)('%j less %j lies in [%f, %f]', ([x, m], [y, n], lower, upper) => {
  const found = differenceInterval({ successes: x, total: m }, { successes: y, total: n });
  expect(found.lower).toBeCloseTo(lower, 4);
  expect(found.upper).toBeCloseTo(upper, 4);
});

test('the other way round, it is the same with the other sign', () => {
  const [a, b] = [
    { successes: 4607, total: 5000 },
    { successes: 4601, total: 5000 },
  ];
  const [one, other] = [differenceInterval(a, b), differenceInterval(b, a)];
  expect(one.lower).toBeCloseTo(-other.upper, 12);
  expect(one.upper).toBeCloseTo(-other.lower, 12);
});
