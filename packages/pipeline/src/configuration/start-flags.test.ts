import { expect, test } from 'vitest';
import { stageNames } from '../stages/index.ts';
import { readAdoptionFlags, readFreshStages, readSeeds } from './start-flags.ts';

test('a run, by its id or as Temporal calls it, and the epoch if there is one', () => {
  expect(readAdoptionFlags({})).toBeUndefined();
  expect(readAdoptionFlags({ adopt: 'a' })).toEqual({ run: 'a' });
  expect(readAdoptionFlags({ adopt: 'latest', adoptEpoch: '2' })).toEqual({ epoch: 2 });
  expect(readAdoptionFlags({ adopt: 'train-a', adoptEpoch: '12' })).toEqual({
    run: 'a',
    epoch: 12,
  });
});

test.each([
  [{ adoptEpoch: '3' }, /together with --adopt RUN/],
  [{ adopt: 'a', adoptEpoch: '0' }, /--adoptEpoch[\s\S]*from 1 on[\s\S]*"0"/],
  [{ adopt: 'a', adoptEpoch: 'last' }, /--adoptEpoch[\s\S]*"last"/],
  [{ adopt: 'a/b' }, /where: --adopt\n/],
])('%j is refused', (given, message) => {
  expect(() => readAdoptionFlags(given)).toThrow(message);
});

test.each([
  [undefined, []],
  [true, stageNames],
  ['true', stageNames],
  ['train', ['train']],
])('--fresh %s forces %j', (given, stages) => {
  expect(readFreshStages(given)).toEqual(stages);
});

test.each(['training', '', 'data,train'])('%j is no stage', (given) => {
  expect(() => readFreshStages(given)).toThrow(/--fresh[\s\S]*data, train, select/);
});

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
