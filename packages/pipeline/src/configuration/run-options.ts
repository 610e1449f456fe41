import { networkOptionsSchema } from '@atelier/model/network';
import { settingsOf } from '@atelier/settings';
import { recipeSchema } from '@atelier/train/recipe';
import { z } from 'zod';
import { promotionOptionsShape } from './gate-settings.ts';
import { datasetMeta, stageSettingsSchema } from './stage-settings.ts';

export const seedSchema = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);

export const splitSeedSchema = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);

/** What a person may set of a run, by a file or by flags. The defaults are the reference run. */
export const runOptionsSchema = z.strictObject({
  dataset: z.string().min(1).default('datasets/fashion-mnist.json').meta(datasetMeta),
  seed: seedSchema.optional().meta({
    help: 'decides weights, order, augmentation and dropout',
    flag: 'seed',
    unset: '1; of a schedule: another every night',
  }),
  splitSeed: splitSeedSchema.default(1).meta({
    help: 'decides which images are held out for validation',
    flag: 'splitSeed',
  }),
  ...promotionOptionsShape,
  ...stageSettingsSchema.shape,
  network: networkOptionsSchema.prefault({}),
  recipe: recipeSchema.prefault({}),
});

export type RunOptions = z.output<typeof runOptionsSchema>;

/** Every setting of a run with what its schema says of it. */
export const runSettings = settingsOf(runOptionsSchema);
