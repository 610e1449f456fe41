import { networkOptionsSchema } from '@atelier/model/network';
import type { ReportInputs } from '@atelier/report';
import { recipeSchema } from '@atelier/train/recipe';
import { z } from 'zod';
import { dataPlan } from '../data/plan.ts';
import { evaluatePlan } from '../evaluate/plan.ts';
import { planStage } from '../plan.ts';
import { selectPlan } from '../select/plan.ts';
import { trainPlan } from '../train/plan.ts';

/** What the recipe's own publication reports, by dataset. */
export const references: Record<string, NonNullable<ReportInputs['reference']>> = {
  'fashion-mnist': {
    testAccuracy: 0.9202,
    testExamples: 5_000,
    validationAccuracy: 0.9156,
    bestEpoch: 97,
    source: 'the PyTorch notebook that published the recipe: 166,970 parameters, 120 epochs',
  },
};

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
  dependsOn: ({ dataset, network, recipe, seed, outcomes }) => ({
    training: outcomes.train.fingerprint,
    data: outcomes.data.outputs,
    train: outcomes.train.outputs,
    select: outcomes.select.outputs,
    evaluate: outcomes.evaluate.outputs,
    ...{ network, recipe, seed },
    reference: references[dataset] ?? null,
  }),
  outputs: ['html', 'json', 'modelCard'],
  summary: z.object({}),
  files: { 'report.html': 'html', 'report.json': 'json', 'model-card.md': 'modelCard' },
  published: ['report.html', 'report.json', 'model-card.md'],
});
