import { expect, test } from 'vitest';
import { selectCheckpoint, selectionSchema } from './index.ts';

const epoch = (number: number, validationAccuracy: number, validationLoss: number) => ({
  epoch: number,
  validationAccuracy,
  validationLoss,
});

test('the best validation accuracy wins, whatever its loss', () => {
  const selection = selectCheckpoint([epoch(1, 0.8, 0.4), epoch(2, 0.9, 0.6), epoch(3, 0.85, 0.3)]);
  expect(selection).toMatchObject({ epoch: 2, validationAccuracy: 0.9, validationLoss: 0.6 });
  expect(selection.reason).toBe('Highest validation accuracy of 3 epochs.');
  expect(selection.contenders).toEqual([epoch(2, 0.9, 0.6)]);
});

test('among equal accuracies the lower loss wins', () => {
  const selection = selectCheckpoint([epoch(1, 0.9, 0.4), epoch(2, 0.9, 0.3), epoch(3, 0.8, 0.1)]);
  expect(selection.epoch).toBe(2);
  expect(selection.reason).toMatch(/shared by 2 of 3 epochs; the lowest validation loss/);
  expect(selection.contenders.map((e) => e.epoch)).toEqual([2, 1]);
});

test('among equal accuracies and losses the earlier epoch wins, in whatever order they come', () => {
  const history = [epoch(7, 0.9, 0.3), epoch(3, 0.9, 0.3), epoch(1, 0.9, 0.5)];
  const selection = selectCheckpoint(history);
  expect(selection.epoch).toBe(3);
  expect(selection.reason).toMatch(/the earliest/);
  expect(selectCheckpoint(history.reverse())).toEqual(selection);
});

test('an epoch without finite scores is never chosen', () => {
  const history = [epoch(1, Number.NaN, 0.1), epoch(2, 0.9, Number.NaN), epoch(3, 0.5, 1)];
  expect(selectCheckpoint(history).epoch).toBe(3);
  expect(() => selectCheckpoint(history.slice(0, 2))).toThrow(/2 epochs, none of them with both/);
  expect(() => selectCheckpoint([])).toThrow(/No epoch can be selected/);
});

test('the selection carries nothing but its schema', () => {
  const record = { ...epoch(1, 0.9, 0.3), seconds: 4 };
  const selection = selectCheckpoint([record]);
  expect(selection.reason).toBe('The only epoch.');
  expect(selectionSchema.strict().parse(selection)).toEqual(selection);
  expect(selection.contenders).toEqual([epoch(1, 0.9, 0.3)]);
});
