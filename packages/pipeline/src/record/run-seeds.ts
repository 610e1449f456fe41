import { seedSpreadSchema } from '@atelier/evaluate/seed-spread';
import { z } from 'zod';

/** A run that trains one seed for another run. */
const seedRunSchema = z.object({
  seed: z.int().min(0),
  run: z.string(),
  state: z.enum(['running', 'finished', 'failed']),
  validationAccuracy: z.number().optional(),
  testAccuracy: z.number().optional(),
  /** Why it did not finish. */
  why: z.string().optional(),
});

export type SeedRun = z.output<typeof seedRunSchema>;

/** What a run's record says of the seeds that it has others train. */
export const runSeedsSchema = z.object({
  /** In the order of the seeds. */
  runs: z.array(seedRunSchema),
  /** Once it is known which of them stands for all. */
  spread: seedSpreadSchema.optional(),
});

export type RunSeeds = z.output<typeof runSeedsSchema>;
