import { expect, test } from 'vitest';
import { summarise } from './statistics.ts';

test('an odd number of values has one in the middle, an even number two', () => {
  expect(summarise([3, 1, 2])).toEqual({ minimum: 1, median: 2, maximum: 3, spread: 1 });
  expect(summarise([4, 1, 3, 2])).toEqual({ minimum: 1, median: 2.5, maximum: 4, spread: 1.2 });
});

test('values are ordered as numbers, and the given ones stay as they are', () => {
  const values = [10, 9, 100];
  expect(summarise(values).median).toBe(10);
  expect(values).toEqual([10, 9, 100]);
});

test('one value is its own summary', () => {
  expect(summarise([7])).toEqual({ minimum: 7, median: 7, maximum: 7, spread: 0 });
});
