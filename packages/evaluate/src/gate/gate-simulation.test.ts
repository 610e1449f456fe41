import { expect, test } from 'vitest';
import { lived, promoting } from '../../test/gate-simulation/experiments.ts';
import { bestPower, meanOver, sixRuns } from '../../test/gate-simulation/population.ts';
import { chosen } from '../../test/gate-simulation/rules.ts';

// `nx run evaluate:gate-simulation` lives through a thousand years of each kind; these are a few.

test('simulated runs are as good as the real ones, and divide as many images', () => {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  expect(meanOver((p) => p)).toBeCloseTo(mean(sixRuns.correct) / sixRuns.images, 3);
  expect(meanOver((p) => 2 * p * (1 - p))).toBeCloseTo(mean(sixRuns.divided) / sixRuns.images, 3);
});

test('in few of sixty years candidates that are no better get through, by luck in most', () => {
  const luck = 'McNemar every night at 5 %';
  const situation = { images: 2500, nights: 365, effect: 0 };
  const shares = promoting(lived(situation, 60, [chosen, luck]), 365);
  expect(shares[chosen]).toBeLessThan(0.11);
  expect(shares[luck]).toBeGreaterThan(0.5);
});

test('what is better gets through, nearly as often as any test could find it', () => {
  for (const [effect, nights] of [
    [0.01, 5],
    [0.005, 20],
  ] as const) {
    const found = promoting(lived({ images: 2500, nights, effect }, 150, [chosen]), nights)[chosen];
    const best = bestPower(effect, 2500, nights, 1.645);
    expect(found).toBeGreaterThan(best - 0.12);
    // Nearly two standard errors of 150 years.
    expect(found).toBeLessThan(best + 0.07);
  }
});
