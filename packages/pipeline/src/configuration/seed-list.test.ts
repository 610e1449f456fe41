import { expect, test } from 'vitest';
import { readSeeds } from './seed-list.ts';

test.each([
  ['7', [7]],
  ['1,2,3', [1, 2, 3]],
  ['1-3, 9', [1, 2, 3, 9]],
  ['0-0', [0]],
])('%s', (text, seeds) => {
  expect(readSeeds(text)).toEqual(seeds);
});

test.each([
  ['', /between commas/],
  ['1,,2', /between commas/],
  ['3-1', /between commas[\s\S]*"3-1"/],
  ['-1', /between commas/],
  ['1.5', /between commas/],
  ['one', /where: --seeds[\s\S]*"one"/],
  ['1-99999999', /at most 1000/],
  ['1-600,601-1200', /at most 1000 seeds/],
  ['2147483648', /between commas/],
  ['1-3,2', /every seed once[\s\S]*2 twice/],
])('%s is refused', (text, message) => {
  expect(() => readSeeds(text)).toThrow(message);
});
