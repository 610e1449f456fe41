import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Predictions } from '../predictions.ts';
import { bootstrapDifferences } from './bootstrap.ts';
import { holm } from './holm.ts';
import { differenceOverSeeds } from './over-seeds.ts';
import { exactMcNemar, pairedInterval } from './paired-proportions.ts';
import { tQuantile, tTestPValue } from './student-t.ts';

/** Numbers of scipy, statsmodels and scikit-learn, written by scripts/comparison-reference.py. */
const reference = JSON.parse(
  readFileSync(new URL('./fixtures/reference.json', import.meta.url), 'utf8'),
);

interface Pairs {
  counts: { both: number; onlyA: number; onlyB: number; neither: number };
  pValue: number;
  interval: [number, number];
}

test.each<Pairs>(reference.pairs)('McNemar and Tango of $counts', (expected) => {
  const { counts, pValue, interval } = expected;
  expect(exactMcNemar(counts) / pValue).toBeCloseTo(1, 9);
  const found = pairedInterval(counts);
  // The reference's maximum is found by search, to seven digits.
  expect(found.lower).toBeCloseTo(interval[0], 6);
  expect(found.upper).toBeCloseTo(interval[1], 6);
});

test.each<{ t: number; df: number; pValue: number; quantile: number }>(reference.student)(
  'Student: $t with $df degrees of freedom',
  ({ t, df, pValue, quantile }) => {
    expect(tTestPValue(t, df) / pValue).toBeCloseTo(1, 9);
    expect(tQuantile(df) / quantile).toBeCloseTo(1, 9);
  },
);

test('Holm', () => {
  const { pValues, adjusted } = reference.holm;
  for (const [i, p] of holm([undefined, ...pValues])
    .slice(1)
    .entries())
    expect(p).toBeCloseTo(adjusted[i], 12);
});

test('a paired bootstrap gives the intervals that scipy gives by other draws', () => {
  const { classes, labels, a, b, measures } = reference.bootstrap;
  const predictions = (probabilities: number[]): Predictions => ({
    probabilities: Float32Array.from(probabilities),
    labels: Uint8Array.from(labels),
    indices: Int32Array.from(labels, (_: number, i: number) => i),
    classes,
  });
  const { f1, ...others } = bootstrapDifferences([predictions(a)], [predictions(b)], true);
  const found = { ...others, f1OfFirst: f1[0]! };
  expect(Object.keys(measures).sort()).toEqual(Object.keys(found).sort());
  for (const [name, expected] of Object.entries<{
    a: number;
    b: number;
    interval: [number, number];
    error: number;
  }>(measures)) {
    const { a, b, interval } = found[name as keyof typeof found];
    expect(a).toBeCloseTo(expected.a, 6);
    expect(b).toBeCloseTo(expected.b, 6);
    // A bound moves by a twentieth of a standard error from draw to draw; these are four of them.
    expect(Math.abs(interval.lower - expected.interval[0])).toBeLessThan(0.2 * expected.error);
    expect(Math.abs(interval.upper - expected.interval[1])).toBeLessThan(0.2 * expected.error);
  }
});

interface OverSeeds {
  a: number[][];
  b: number[][];
  paired: boolean;
  difference: number;
  interval: [number, number];
  pValue: number;
}

test.each<OverSeeds>(reference.overSeeds)(
  'over seeds and examples, by the analysis of variance (paired: $paired)',
  (expected) => {
    const [a, b] = [expected.a, expected.b].map((side) =>
      side.map((hits) => Uint8Array.from(hits)),
    );
    const found = differenceOverSeeds(a!, b!, expected.paired);
    expect(found.difference).toBeCloseTo(expected.difference, 12);
    expect(found.interval.lower).toBeCloseTo(expected.interval[0], 9);
    expect(found.interval.upper).toBeCloseTo(expected.interval[1], 9);
    expect(found.pValue).toBeCloseTo(expected.pValue, 9);
  },
);

// Fagerland, Lydersen & Laake, "Recommended tests and confidence intervals for paired binomial
// proportions" (2014): airway hyper-responsiveness.
test('an interval of the literature', () => {
  const found = pairedInterval({ both: 1, onlyA: 1, onlyB: 7, neither: 12 });
  expect(found.lower).toBeCloseTo(-0.517, 3);
  expect(found.upper).toBeCloseTo(-0.026, 3);
});
