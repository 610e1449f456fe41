import { expect, test } from 'vitest';
import { machine } from './fixtures/unmeasured-machine.ts';
import { formatSpeed, type Measured, ratiosOf, speedResult } from './speed-result.ts';

const measured: Measured[] = [
  { key: 'eager', name: 'tfjs, eager', times: [10, 12, 11] },
  { key: 'compiled', name: 'Atelier, compiled', times: [0.5, 0.5, 0.6] },
  { key: 'pytorch', name: 'PyTorch, eager', times: [], skipped: 'no Python' },
];
const result = speedResult(measured, { date: '2026-01-02T03:04:05.000Z', machine });

test('rows keep their summaries, ratios are of medians, what was skipped is null', () => {
  expect(result.rows[0]).toMatchObject({
    millisecondsPerStep: { minimum: 10, median: 11, maximum: 12 },
    repetitions: 3,
  });
  expect(result.rows[2]).toEqual({
    key: 'pytorch',
    name: 'PyTorch, eager',
    millisecondsPerStep: null,
    repetitions: 0,
    skipped: 'no Python',
  });
  expect(result.ratios).toMatchObject({ compiledVsEager: 22, compiledVsPyTorchEager: null });
});

test('the text has a line for each row, says what was skipped and why, and on what it ran', () => {
  const text = formatSpeed(result);
  expect(text).toContain('2026-01-02, A CPU, 2 cores, 8 GiB; node 20.0.0, tensorflow 2.21.0:');
  expect(text).toMatch(/\| tfjs, eager +\| +10\.000 \| +11\.000 \| +18 % \| +3 \| +22\.00 \|/);
  expect(text).toMatch(/\| PyTorch, eager +\| +skipped \|/);
  expect(text).toContain('Skipped: PyTorch, eager: no Python.');
  expect(text).toContain('- compiledVsPyTorchEager: not measured');
});

test('a ratio above 1 says that compiled is the faster one', () => {
  expect(ratiosOf({ compiled: 0.5, eager: 10, pytorch: 2, jax: 1, floor: 0.25 })).toEqual({
    compiledVsEager: 20,
    compiledVsPyTorchEager: 4,
    compiledVsTorchCompile: null,
    compiledVsJax: 2,
    compiledVsFloor: 0.5,
  });
});

test('without the compiled row there is nothing to compare', () => {
  expect(Object.values(ratiosOf({ eager: 1, floor: 1 }))).toEqual([null, null, null, null, null]);
});
