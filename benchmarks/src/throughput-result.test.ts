import { expect, test } from 'vitest';
import { machine } from './fixtures/unmeasured-machine.ts';
import { formatThroughput, stepsPerSecond } from './throughput-result.ts';

test('trainers side by side add up, repetition by repetition', () => {
  const times = [
    [1, 2],
    [2, 2],
    [4, 4],
  ];
  expect(stepsPerSecond(times)).toEqual({ minimum: 500, median: 1000, maximum: 1500, spread: 1 });
});

test('a row of the table is one way to share the machine', () => {
  const rows = [{ trainers: 2, threads: 1, stepsPerSecond: stepsPerSecond([[1, 1]]) }];
  const text = formatThroughput({ schemaVersion: 1, date: '2026-01-02', machine, rows });
  expect(text).toMatch(/\| 2 × 1 +\| +2000 \| +2000 \| +2000 \| +0 % \|/);
});
