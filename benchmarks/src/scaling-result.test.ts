import { expect, test } from 'vitest';
import { machine } from './fixtures/unmeasured-machine.ts';
import { formatScaling, stepsFor } from './scaling-result.ts';

test('small steps are many, large ones few, none fewer than three', () => {
  expect(stepsFor(1e6)).toBe(468);
  expect(stepsFor(1e9)).toBe(50);
  expect(stepsFor(1e12)).toBe(3);
});

test('a cell shows the share of the floor and how much longer PyTorch takes', () => {
  const cell = { batchSize: 32, width: 128, compiled: 0.5, floor: 0.2 };
  const cells = [
    { ...cell, pytorch: 2 },
    { ...cell, pytorch: null },
  ];
  const text = formatScaling({ schemaVersion: 1, date: '2026-01-02', machine, cells });
  expect(text).toMatch(/32 × 128 +\| +0\.500 \| +0\.200 \| +0\.40 \| +2\.000 \| +4\.00 \|/);
  expect(text).toMatch(/0\.40 \| +skipped \| +\|/);
});
