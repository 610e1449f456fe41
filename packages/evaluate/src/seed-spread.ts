import { z } from 'zod';
import { variance } from './sample.ts';

const share = z.number().min(0).max(1);

/** What one quantity is over several trainings that differ in the seed alone. */
const spreadSchema = z.object({
  min: share,
  /** The lower of two in the middle. */
  median: share,
  max: share,
  /** The sample's standard deviation (n - 1 in the denominator). */
  sd: z.number().min(0),
});

export type Spread = z.output<typeof spreadSchema>;

/** How good a training is that differs from others in the seed alone. */
const seedScoresSchema = z.object({
  seed: z.int().min(0),
  validationAccuracy: share,
  testAccuracy: share,
});

export type SeedScores = z.output<typeof seedScoresSchema>;

/** Several seeds, which of them stands for all, and how far they lie apart. */
export const seedSpreadSchema = z.object({
  /** By seed. */
  seeds: z.array(seedScoresSchema).min(2),
  /** The median one's. */
  chosen: z.int().min(0),
  validationAccuracy: spreadSchema,
  testAccuracy: spreadSchema,
});

export type SeedSpread = z.output<typeof seedSpreadSchema>;

/**
 * The median of several trainings by validation accuracy, the lower of two in the middle; of equally
 * good ones those of lower seeds count as lower. Neither test split nor gate split has a say: what
 * chooses a model no longer measures it.
 * @param scores of two seeds at least
 */
export function spreadOver(scores: readonly SeedScores[]): SeedSpread {
  // Sums depend on the order of their terms.
  const seeds = scores.toSorted((a, b) => a.seed - b.seed);
  const ranked = seeds.toSorted((a, b) => a.validationAccuracy - b.validationAccuracy);
  return {
    seeds,
    chosen: middle(ranked).seed,
    validationAccuracy: spreadOf(seeds.map(({ validationAccuracy }) => validationAccuracy)),
    testAccuracy: spreadOf(seeds.map(({ testAccuracy }) => testAccuracy)),
  };
}

const middle = <T>(sorted: readonly T[]): T => sorted[Math.floor((sorted.length - 1) / 2)]!;

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    ...{ min: sorted[0]!, median: middle(sorted), max: sorted.at(-1)! },
    sd: Math.sqrt(variance(values)),
  };
}
