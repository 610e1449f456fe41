import { readFileSync } from 'node:fs';
import { uniforms } from '@atelier/random';
import { upperTail } from '../../src/gate/normal.ts';

interface Fixture {
  runs: number;
  images: number;
  correct: number[];
  classes: { name: string; rightBy: number[] }[];
  divided: number[];
}

/** What six real runs recognise of one test split, as counts. */
export const sixRuns: Fixture = JSON.parse(
  readFileSync(new URL('../../src/gate/fixtures/six-runs.json', import.meta.url), 'utf8'),
);

/** Chances of being recognised that an image may have. */
const chances = Array.from({ length: 61 }, (_, i) => i / 60);

/**
 * For each class, how frequent each chance is: the distribution under which the counts of six runs
 * are most likely, no form of it assumed, by expectation and maximisation.
 * Laird, "Nonparametric maximum likelihood estimation of a mixing distribution" (1978).
 */
const cumulative = sixRuns.classes.map(({ rightBy }) => {
  const likelihoods = chances.map((p) => rightBy.map((_, k) => binomial(sixRuns.runs, k, p)));
  const images = rightBy.reduce((a, b) => a + b, 0);
  let weights = chances.map(() => 1 / chances.length);
  for (let i = 0; i < 500; i++) {
    const totals = rightBy.map((_, k) =>
      weights.reduce((sum, weight, j) => sum + weight * likelihoods[j]![k]!, 0),
    );
    const shares = rightBy.map((count, k) => count / images / totals[k]!);
    weights = weights.map(
      (weight, j) =>
        weight * likelihoods[j]!.reduce((sum, likely, k) => sum + likely * shares[k]!, 0),
    );
  }
  let sum = 0;
  return Float64Array.from(weights, (weight) => {
    sum += weight;
    return sum;
  });
});

/** [n] with what chance a run of the recipe recognises each image of a gate split, by classes in turn. */
export function drawChances(n: number, ...key: number[]): Float64Array {
  return uniforms(n, ...key).map((u, i) => {
    const found = cumulative[i % cumulative.length]!.findIndex((sum) => u < sum);
    return chances[found < 0 ? chances.length - 1 : found]!;
  });
}

/** [n] 1 where a run is right. */
export function drawRun(chance: Float64Array, ...key: number[]): Uint8Array {
  const drawn = uniforms(chance.length, ...key);
  const hits = new Uint8Array(chance.length);
  for (let i = 0; i < hits.length; i++) hits[i] = drawn[i]! < chance[i]! ? 1 : 0;
  return hits;
}

/** The mean over images of something that follows from their chance. */
export const meanOver = (of: (chance: number) => number): number =>
  cumulative.reduce(
    (all, sums) =>
      all +
      sums.reduce((sum, upTo, j) => sum + (upTo - (sums[j - 1] ?? 0)) * of(chances[j]!), 0) /
        cumulative.length,
    0,
  );

const unrecognised = meanOver((p) => 1 - p);

/** The chance by a recipe that is better: what is not recognised gets another chance. */
export const improved = (chance: number, effect: number): number =>
  chance + (1 - chance) * (effect / unrecognised);

/** The chance by a model as good as a run, which recognises what runs are likeliest to. */
export function settled(chance: number): number {
  const above = meanOver((p) => Number(p > chance));
  const here = meanOver((p) => Number(p === chance));
  return Math.min(1, Math.max(0, (1 - unrecognised - above) / here));
}

/**
 * The variance of candidate less champion for one image, in its two parts: that which every night has
 * in common, since the champion and the images stay, and that of a night's own candidate.
 */
const variances = (effect: number): { common: number; own: number } => ({
  common:
    meanOver((p) => p * (1 - improved(p, effect)) ** 2 + (1 - p) * improved(p, effect) ** 2) -
    effect ** 2,
  own: meanOver((p) => improved(p, effect) * (1 - improved(p, effect))),
});

/**
 * The most that any test of one level can find of an effect by so many nights: that of the mean over
 * all of them, looked at once.
 */
export function bestPower(effect: number, images: number, nights: number, z: number): number {
  const { common, own } = variances(effect);
  return 1 - upperTail(effect / Math.sqrt((common + own / nights) / images) - z);
}

function binomial(n: number, k: number, p: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i++) ways *= (n - k + i) / i;
  return ways * p ** k * (1 - p) ** (n - k);
}
