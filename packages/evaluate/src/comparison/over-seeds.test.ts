import { normals, uniforms } from '@atelier/random';
import { expect, test } from 'vitest';
import { differenceOverSeeds } from './over-seeds.ts';

const [examples, trials] = [100, 400];

/** Runs whose skill differs from seed to seed, on examples of which some are hard for all. */
function sideOf(trial: number, first: number, runs: number): Uint8Array[] {
  const hard = normals(examples, 11, trial);
  const skill = normals(runs, 12, trial, first);
  return Array.from({ length: runs }, (_, run) =>
    Uint8Array.from(uniforms(examples, 13, trial, first + run), (u, i) =>
      Number(u < 1 / (1 + Math.exp(-1 - 0.5 * skill[run]! - 1.5 * hard[i]!))),
    ),
  );
}

test.each([
  [3, 3, true],
  [2, 4, false],
])(
  '%i runs against %i of the same kind (paired: %s) are found different in one case of twenty',
  (ofA, ofB, paired) => {
    let [held, found] = [0, 0];
    for (let trial = 0; trial < trials; trial++) {
      const { interval, pValue } = differenceOverSeeds(
        sideOf(trial, 0, ofA),
        sideOf(trial, 100, ofB),
        paired,
      );
      if (interval.lower <= 0 && interval.upper >= 0) held += 1;
      if (pValue < 0.05) found += 1;
    }
    // Three standard errors of a share of 1,000 are 2 points.
    expect(held / trials).toBeGreaterThan(0.93);
    expect(found / trials).toBeLessThan(0.07);
    // Nor so wide that nothing is ever found.
    expect(held / trials).toBeLessThan(0.99);
  },
);

test('equal runs differ by nothing', () => {
  const side = [Uint8Array.of(1, 0, 1), Uint8Array.of(1, 1, 0)];
  expect(differenceOverSeeds(side, side, true)).toMatchObject({ difference: 0, pValue: 1 });
});
