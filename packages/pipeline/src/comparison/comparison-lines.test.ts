import type { RunComparison } from '@atelier/report/comparison';
import { expect, test } from 'vitest';
import { comparisonLines } from './comparison-lines.ts';

const difference = (a: number, b: number, pValue?: number) => ({
  ...{ a, b, difference: a - b },
  interval: { level: 0.95, lower: a - b - 0.01, upper: a - b + 0.01 },
  ...(pValue !== undefined && { pValue }),
});

const comparison: RunComparison = {
  schemaVersion: 1,
  a: [{ run: '20261127-192048-akbm', seed: 1, examples: 5000 }],
  b: [{ run: 'slim', seed: 2, examples: 5000 }],
  about: 'models',
  examples: 5000,
  identical: false,
  counts: { both: 4500, onlyA: 60, onlyB: 20, neither: 420 },
  metrics: {
    accuracy: { ...difference(0.912, 0.904), pValue: 0.00001 },
    logLoss: difference(0.25, 0.25),
  },
  classes: [
    {
      name: 'Ankle boot with a name that takes more room than there is in any terminal',
      support: 500,
      recall: difference(0.9, 0.8, 0.0001),
      adjustedPValue: 0.001,
      change: 'gained',
      f1: difference(0.91, 0.82),
    },
    { name: 'Bag', support: 0, change: 'same', f1: difference(0, 0) },
  ],
  onlyA: [],
  onlyB: [],
  dataset: 'Fashion-MNIST',
  verdict: 'A is better.',
  differs: {
    configuration: [{ name: 'network.dropout', a: '0.3', b: '0' }],
    data: [],
    environment: [{ name: 'node', a: 'v20', b: 'v22' }],
  },
};

test('everything fits into 80 columns, the verdict first', () => {
  const lines = comparisonLines(comparison, 80);
  expect(lines[0]).toBe('A is better.');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  const text = lines.join('\n');
  expect(text).toMatch(/\n {2}network\.dropout +0\.3 +0\n/);
  expect(text).toMatch(/\n {2}environment: node +v20 +v22\n/);
  expect(text).toMatch(/accuracy +91\.20 % +90\.40 % +\+0\.80 +−0\.20 to \+1\.80 +< 0\.0001\n/);
  expect(text).toMatch(/log loss +0\.2500 +0\.2500 +±0\.0000 +−0\.0100 to \+0\.0100\n/);
  expect(text).toMatch(/Ankle.*… +500 +90\.00 % +80\.00 % +\+10\.00 .* 0\.0010 +gained\n/);
  expect(text).toMatch(/Bag +0 +- +- +- +-\n/);
  expect(text).toContain('Right: both 4500, only A 60, only B 20, neither 420');
});

test('of several runs it says which, and of other splits that only a part is shared', () => {
  const side = (seeds: number[]) =>
    seeds.map((seed) => ({ run: `wide-seed${seed}`, seed, examples: 5000 }));
  const several = comparisonLines(
    {
      ...comparison,
      ...{ a: side([1, 2, 3, 4, 5]), b: side([7, 8]) },
      ...{ about: 'unpaired seeds', examples: 2480 },
      differs: { configuration: [], data: [], environment: [] },
    },
    80,
  );
  const text = several.join('\n');
  expect(several.filter((line) => line.length > 80)).toEqual([]);
  expect(text).toMatch(/ 5 runs: wide-seed1 \(seed 1\), wide-seed2/);
  expect(text).toMatch(/on the 2,480 test images\s+that all have/);
  expect(text).toMatch(/What differs:\n {2}nothing that was recorded/);
  expect(text).toMatch(/the seeds do not\s+match/);
  expect(text).toContain('(by most runs of a side)');
});
