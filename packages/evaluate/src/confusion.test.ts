import { expect, test } from 'vitest';
import {
  classMetrics,
  confusedPairs,
  confusionMatrix,
  macroMean,
  weightedMean,
} from './confusion.ts';

// a a a b b c c c taken for a a b b b c a d; nothing is a d or an e, nothing is taken for an e.
const names = ['a', 'b', 'c', 'd', 'e'];
const confusion = confusionMatrix(
  Uint8Array.of(0, 0, 0, 1, 1, 2, 2, 2),
  Uint8Array.of(0, 0, 1, 1, 1, 2, 0, 3),
  5,
);
const perClass = classMetrics(confusion, names);

test('rows are actual classes, columns predicted ones', () => {
  expect(confusion).toEqual([
    [2, 1, 0, 0, 0],
    [0, 2, 0, 0, 0],
    [1, 0, 1, 1, 0],
    [0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0],
  ]);
});

test('precision, recall and F1 of each class, 0 where nothing is under the line', () => {
  expect(perClass).toEqual([
    { name: 'a', precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, support: 3, predicted: 3 },
    { name: 'b', precision: 2 / 3, recall: 1, f1: 4 / 5, support: 2, predicted: 3 },
    { name: 'c', precision: 1, recall: 1 / 3, f1: 1 / 2, support: 3, predicted: 1 },
    { name: 'd', precision: 0, recall: 0, f1: 0, support: 0, predicted: 1 },
    { name: 'e', precision: 0, recall: 0, f1: 0, support: 0, predicted: 0 },
  ]);
});

test('the macro mean counts a class that was only predicted, not one that does not occur', () => {
  const { precision, recall, f1 } = macroMean(perClass);
  expect(precision).toBeCloseTo(7 / 12, 12);
  expect(recall).toBeCloseTo(1 / 2, 12);
  expect(f1).toBeCloseTo(59 / 120, 12);
});

test('the weighted mean counts by support, so its recall is the accuracy', () => {
  const { precision, recall, f1 } = weightedMean(perClass);
  expect(precision).toBeCloseTo(19 / 24, 12);
  expect(recall).toBeCloseTo(5 / 8, 12);
  expect(f1).toBeCloseTo(0.6375, 12);
});

test('confused pairs come by count, then in class order', () => {
  expect(
    confusedPairs([
      [5, 1, 0],
      [3, 2, 0],
      [1, 0, 9],
    ]),
  ).toEqual([
    { actual: 1, predicted: 0, count: 3, share: 3 / 5 },
    { actual: 0, predicted: 1, count: 1, share: 1 / 6 },
    { actual: 2, predicted: 0, count: 1, share: 1 / 10 },
  ]);
  expect(
    confusedPairs([
      [4, 0],
      [0, 2],
    ]),
  ).toEqual([]);
});
