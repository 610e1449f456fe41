import { defineSearchAttributeKey } from '@temporalio/common';
import { expect, test } from 'vitest';
import { isIndexable } from './searchable.ts';

const number = defineSearchAttributeKey('N', 'DOUBLE');
const keyword = defineSearchAttributeKey('K', 'KEYWORD');

test('what Temporal would refuse is told before', () => {
  const values = [0.5, Number.NaN, Number.POSITIVE_INFINITY, 'excellent', undefined, null];
  const kept = values.filter((value) => isIndexable({ key: number, value: value as number }));
  expect(kept).toEqual([0.5, null]);
  const texts = ['a', 'a'.repeat(255), 'a'.repeat(256), 7, null];
  expect(texts.filter((value) => isIndexable({ key: keyword, value: value as string }))).toEqual([
    'a',
    'a'.repeat(255),
    null,
  ]);
});
