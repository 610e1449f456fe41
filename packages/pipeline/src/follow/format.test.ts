import { expect, test } from 'vitest';
import { duration, epochHeader, epochRow } from './format.ts';

test.each([
  [0, '0.0 s'],
  [4.24, '4.2 s'],
  [187, '3:07'],
  [3765, '1:02:45'],
])('%d seconds read as %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test('an epoch stands under its header', () => {
  const line = {
    epoch: 7,
    trainLoss: 0.41234,
    trainAccuracy: 0.851,
    validationLoss: 0.3888,
    validationAccuracy: 0.8602,
    seconds: 0.413,
  };
  const text = epochRow(line, 120, { epoch: 5, validationAccuracy: 0.8633 }, 0.4);
  expect(text.trim().split(/\s{2,}/)).toEqual([
    '7/120',
    '0.4123',
    '85.10 %',
    '0.3888',
    '86.02 %',
    '86.33 % (epoch 5)',
    '0.41',
    '45.2 s',
  ]);
  expect(text).toHaveLength(epochHeader().length);
});
