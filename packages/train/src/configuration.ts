import { z } from 'zod';

const fraction = z.number().min(0).max(1);
const decay = z.number().min(0).lt(1);

/** How a network is trained. The defaults are the reference recipe. */
export const recipeSchema = z.strictObject({
  epochs: z.int().min(1).max(100_000).default(120),
  /** Examples per optimizer step; the last step of an epoch takes what is left. */
  batchSize: z.int().min(2).max(65_536).default(128),
  learningRate: z.number().positive().max(10).default(5e-4),
  /** Where the cosine schedule ends. */
  minimumLearningRate: z.number().min(0).default(2e-8),
  betas: z.tuple([decay, decay]).default([0.9, 0.999]),
  epsilon: z.number().positive().default(1e-8),
  /** Decoupled, on weight matrices only. */
  weightDecay: z.number().min(0).max(10).default(0.19),
  labelSmoothing: z.number().min(0).lt(1).default(0.01),
  /** The gradient's global norm is clipped to this. */
  clipNorm: z.number().positive().default(1),
  augmentation: z
    .strictObject({
      /** Probability of a horizontal flip. */
      flip: fraction.default(0.5),
      /** Largest shift, as a fraction of the image's width and height. */
      translate: fraction.default(0.03),
      /** Largest change of size, as a fraction. */
      scale: z.number().min(0).lt(1).default(0.03),
      interpolation: z.enum(['nearest', 'bilinear']).default('nearest'),
    })
    .prefault({}),
  /** One XLA program for a whole epoch, or one operation at a time. */
  engine: z.enum(['compiled', 'eager']).default('compiled'),
});

export type Recipe = z.infer<typeof recipeSchema>;
export type Augmentation = Recipe['augmentation'];
