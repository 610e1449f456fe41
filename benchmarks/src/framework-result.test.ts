import { expect, test } from 'vitest';
import { machine } from './fixtures/unmeasured-machine.ts';
import { checkLosses, formatFrameworks, frameworkRow, functionsRow } from './framework-result.ts';

test('what does not compute the same is not compared, and named', () => {
  const losses = new Map([
    ['tfjs, eager', [2.3, 2.1]],
    ['PyTorch, eager', [2.301, 2.099]],
  ]);
  expect(() => checkLosses('MLP', losses)).not.toThrow();
  losses.set('JAX', [2.3, 2.11]);
  expect(() => checkLosses('MLP', losses)).toThrow(
    /MLP[\s\S]*2\.30000 2\.10000[\s\S]*2\.30000 2\.11000/,
  );
  losses.set('JAX', [2.3]);
  expect(() => checkLosses('MLP', losses)).toThrow('the losses of JAX differ');
  losses.set('JAX', [2.3, Number.NaN]);
  expect(() => checkLosses('MLP', losses)).toThrow('the losses of JAX differ');
});

test('the text has every row by the median of jit, its first step, and the memory of functions', () => {
  const rows = [
    frameworkRow(
      { key: 'jit', name: 'jit', times: [2, 4, 3] },
      { versions: {}, secondsToFirstStep: 1.5 },
    ),
    frameworkRow(
      { key: 'jax', name: 'JAX', times: [6, 7] },
      { versions: {}, secondsToFirstStep: 0.25 },
    ),
    frameworkRow({ key: 'pytorch', name: 'PyTorch', times: [], skipped: 'no Python' }, undefined),
  ];
  const functions = functionsRow('by XLA', {
    ...{ count: 3, before: 300.4, held: 400.6, disposed: 310 },
    milliseconds: { compile: [10, 30, 20], firstCall: [5], call: [0.5] },
  });
  const text = formatFrameworks({
    ...{ schemaVersion: 1, date: '2026-01-02T03:04:05.000Z', machine },
    ...{ networks: [{ title: 'MLP', rows }], functions: [functions] },
  });
  expect(text).toMatch(/\| jit +\| +2\.000 \| +3\.000 \| +1\.00 \| +1\.50 \|/);
  expect(text).toMatch(/\| JAX +\| +6\.000 \| +6\.500 \| +2\.17 \| +0\.25 \|/);
  expect(text).toMatch(/\| PyTorch +\| +skipped \|/);
  expect(text).toContain('Skipped: PyTorch: no Python.');
  expect(text).toMatch(/\| by XLA +\| +20\.0 \| +5\.0 \| +0\.50 \| +300 \| +401 \| +310 \|/);
});
