import { expect, test } from 'vitest';
import { readFreshStages } from './fresh-stages.ts';

test.each([
  [undefined, []],
  [true, ['data', 'train', 'select', 'evaluate', 'report']],
  ['true', ['data', 'train', 'select', 'evaluate', 'report']],
  ['train', ['train']],
])('--fresh %s forces %j', (given, stages) => {
  expect(readFreshStages(given)).toEqual(stages);
});

test.each(['training', '', 'data,train'])('%j is no stage', (given) => {
  expect(() => readFreshStages(given)).toThrow(/--fresh[\s\S]*data, train, select/);
});
