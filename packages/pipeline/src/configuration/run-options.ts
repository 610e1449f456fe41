import { mirrorExpected, mirrorForm } from '@atelier/data/mirror-form';
import { networkOptionsSchema } from '@atelier/model/configuration';
import { recipeSchema } from '@atelier/train/configuration';
import { z } from 'zod';
import { largest } from './stage-settings.ts';

const mirror = z.string().regex(mirrorForm, `expected ${mirrorExpected}`);

/** What a person may set of a run, by a file or by flags. The defaults are the reference run. */
export const runOptionsSchema = z.strictObject({
  /** Path of a dataset descriptor. */
  dataset: z.string().min(1).default('datasets/fashion-mnist.json'),
  /** Tried before the descriptor's own mirrors. */
  mirrors: z.array(mirror).default([]),
  /** Decides which official test images are held out for validation. */
  splitSeed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1),
  /** Decides initial weights, order, augmentation and dropout; absent: 1, or another every night. */
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .optional(),
  /** Threads of the trainer and the evaluation; absent: every core. */
  threads: z.int().min(1).max(largest.threads).optional(),
  /** Test images that are evaluated at a time; absent: 1000. */
  evaluationBatch: z.int().min(1).max(largest.evaluationBatch).optional(),
  network: networkOptionsSchema.prefault({}),
  recipe: recipeSchema.prefault({}),
});

export type RunOptions = z.output<typeof runOptionsSchema>;
