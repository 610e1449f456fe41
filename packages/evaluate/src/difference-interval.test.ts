import { expect, test } from 'vitest';
import { differenceInterval } from './index.ts';

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
