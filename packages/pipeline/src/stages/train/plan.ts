import { networkOptionsSchema } from '@atelier/model/configuration';
import { recipeSchema } from '@atelier/train/configuration';
import { z } from 'zod';
import { trainQueue } from '../../names.ts';
import { adoptionSchema } from '../../run-configuration.ts';
import { dataPlan } from '../data/plan.ts';
import { planStage } from '../plan.ts';

/** Trains in a child process from the newest committed epoch on, committing every epoch. */
export const trainPlan = planStage({
  name: 'train',
  activity: 'train',
  version: 3,
  title: 'Train, committing every epoch',
  taskQueue: trainQueue,
  // Days, if it must. A run of attempts that commits no epoch exhausts them, see the pipeline.
  timeout: '30d',
  retry: { maximumInterval: '10s' },
  input: {
    data: dataPlan.outcome,
    network: networkOptionsSchema,
    recipe: recipeSchema,
    seed: z.int(),
    adopt: adoptionSchema.optional(),
  },
  outputs: ['history'],
  summary: z.object({
    epochs: z.int(),
    /** Epochs that earlier attempts or runs had committed. */
    resumedAfter: z.int(),
  }),
  files: { 'model/history.json': 'history' },
});
