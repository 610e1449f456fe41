import { expect, test } from 'vitest';
import { thisMachine, trainingCapacity } from './training-capacity.ts';

const gigabyte = 2 ** 30;

test.each([
  ['one a core', 8, 64, 8],
  ['what the memory holds', 64, 8, 5],
  ['at least one', 2, 1, 1],
])('%s', (_, cores, gigabytes, expected) => {
  const machine = { device: 'cpu' as const, cores, memory: gigabytes * gigabyte };
  expect(trainingCapacity(machine)).toBe(expected);
});

test('one on a GPU', () => {
  expect(trainingCapacity({ device: 'gpu', cores: 64, memory: 512 * gigabyte })).toBe(1);
});

test('this machine has cores and memory', () => {
  const { cores, memory } = thisMachine('cpu');
  expect(cores).toBeGreaterThanOrEqual(1);
  expect(memory).toBeGreaterThan(gigabyte / 4);
  expect(Number.isFinite(memory)).toBe(true);
});
