import { expect, test } from 'vitest';
import { isOpen, isOver, runStatuses } from './run-status.ts';

test('every run is open or over, one that was skipped too; what is not known is neither', () => {
  for (const status of runStatuses) expect(isOver(status)).toBe(!isOpen(status));
  expect([isOver('skipped'), isOver('parked'), isOver('of a later version')]).toEqual([
    true,
    false,
    false,
  ]);
});
