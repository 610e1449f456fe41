import { networkOptionsSchema } from '@atelier/model/configuration';
import { recipeSchema } from '@atelier/train/configuration';
import { z } from 'zod';
import { dataPlan } from '../data/plan.ts';
import { evaluatePlan } from '../evaluate/plan.ts';
import { planStage } from '../plan.ts';
import { selectPlan } from '../select/plan.ts';
import { trainPlan } from '../train/plan.ts';

/** Writes the report, which tells of the work and not of the run that asks for it. */
export const reportPlan = planStage({
  name: 'report',
  activity: 'report',
  version: 4,
  title: 'Write the report and the model card',
  timeout: '10m',
  input: {
    /** The dataset's name. */
    dataset: z.string(),
    network: networkOptionsSchema,
    recipe: recipeSchema,
    seed: z.int(),
    outcomes: z.object({
      data: dataPlan.outcome,
      train: trainPlan.outcome,
      select: selectPlan.outcome,
      evaluate: evaluatePlan.outcome,
    }),
  },
  outputs: ['html', 'json', 'modelCard'],
  summary: z.object({}),
  files: { 'report.html': 'html', 'report.json': 'json', 'model-card.md': 'modelCard' },
  published: ['report.html', 'report.json', 'model-card.md'],
});
