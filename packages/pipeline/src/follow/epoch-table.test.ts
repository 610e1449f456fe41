import { expect, test } from 'vitest';
import { headerLine, rowLine } from '../terminal/table.ts';
import { type EpochRow, epochColumns } from './epoch-table.ts';

const row = {
  epoch: 7,
  trainLoss: 0.41234,
  trainAccuracy: 0.851,
  validationLoss: 0.3888,
  validationAccuracy: 0.8602,
  seconds: 0.413,
  best: { epoch: 5, validationAccuracy: 0.8633 },
  pace: 33,
} satisfies EpochRow;

test.each([
  [
    120,
    '  epoch    loss     acc.  val. loss  val. acc.   best (epoch)  s/epoch      ETA',
    '  7/120  0.4123  85.10 %     0.3888    86.02 %    86.33 % (5)     0.41  1:02:09',
  ],
  [
    80,
    '  epoch    loss     acc.  val. loss  val. acc.   best (epoch)  s/epoch      ETA',
    '  7/120  0.4123  85.10 %     0.3888    86.02 %    86.33 % (5)     0.41  1:02:09',
  ],
  [
    60,
    '  epoch  val. loss  val. acc.   best (epoch)      ETA',
    '  7/120     0.3888    86.02 %    86.33 % (5)  1:02:09',
  ],
  [40, '  epoch  val. acc.   best (epoch)', '  7/120    86.02 %    86.33 % (5)'],
])('an epoch fits into %d columns, under its header', (available, header, text) => {
  const columns = epochColumns(120, available);
  expect(headerLine(columns)).toBe(header);
  expect(rowLine(columns, row)).toBe(text);
  expect(Math.max(header.length, text.length)).toBeLessThanOrEqual(available);
});

test('a training of thousands of epochs has wider numbers, and fewer columns', () => {
  const last = { ...row, epoch: 4000, best: { ...row.best, epoch: 3999 } };
  const columns = epochColumns(5000, 80);
  expect(rowLine(columns, last)).toBe(
    '4000/5000  0.4123  85.10 %     0.3888    86.02 %  86.33 % (3999)  9:10:00',
  );
});

test('an epoch of other data has no validation scores, and is not the best', () => {
  const { epoch, trainLoss, trainAccuracy, seconds } = row;
  const adopted = { epoch, trainLoss, trainAccuracy, seconds, best: undefined, pace: undefined };
  expect(rowLine(epochColumns(120, 80), adopted)).toBe(
    '  7/120  0.4123  85.10 %          -          -              -     0.41        -',
  );
});
