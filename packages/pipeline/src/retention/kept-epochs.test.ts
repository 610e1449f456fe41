import { expect, test } from 'vitest';
import { keptEpochs, nearestThere, strongestWish } from './kept-epochs.ts';

test('the chosen epoch, the last and every tenth stay', () => {
  const tenths = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120];
  expect([...keptEpochs('thinned', 120, [97])].sort((a, b) => a - b)).toEqual(
    [...tenths, 97].sort((a, b) => a - b),
  );
  expect([...keptEpochs('thinned', 3, [2])].sort()).toEqual([2, 3]);
});

test('by other wishes all of them stay, or the chosen one alone', () => {
  expect(keptEpochs('all', 120, [97]).size).toBe(120);
  expect([...keptEpochs('chosen', 120, [97])]).toEqual([97]);
});

test('of several runs that wish something of one training, who wants most is heard', () => {
  expect(strongestWish([])).toBe('thinned');
  expect(strongestWish(['chosen', 'thinned'])).toBe('thinned');
  expect(strongestWish(['chosen', 'all', 'thinned'])).toBe('all');
  expect(strongestWish(['chosen'])).toBe('chosen');
  // Of a later version.
  expect(strongestWish(['every third', 'chosen'])).toBe('chosen');
});

test('the nearest epochs that are there are named', () => {
  expect(nearestThere(57, [10, 50, 60, 120])).toBe('50 and 60 are there');
  expect(nearestThere(3, [10, 20])).toBe('10 is there');
  expect(nearestThere(3, [])).toBe('none is there');
});
