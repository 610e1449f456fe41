import { seedSpreadSchema } from '@atelier/evaluate/seed-spread';
import { networkOptionsSchema } from '@atelier/model/network';
import {
  publishedReferenceSchema,
  type Reference,
  type ReferenceSetting,
  referenceSettingSchema,
} from '@atelier/report/reference';
import { recipeSchema } from '@atelier/train/recipe';
import { z } from 'zod';
import fashionMnist from '../../../../../datasets/fashion-mnist.reference.json' with {
  type: 'json',
};
import { dataPlan } from '../data/plan.ts';
import { evaluatePlan } from '../evaluate/plan.ts';
import { planStage } from '../plan.ts';
import { selectPlan } from '../select/plan.ts';
import { trainPlan } from '../train/plan.ts';

/** Of runs that do not say: those of versions that knew this one alone. */
const olderRuns: Record<string, Reference> = {
  'fashion-mnist': publishedReferenceSchema.parse(fashionMnist),
};

/** What a report compares with; null for nothing. */
export const comparedWith = ({
  dataset,
  reference = olderRuns[dataset],
}: {
  dataset: string;
  reference?: ReferenceSetting | undefined;
}): Reference | null => (reference === undefined || reference === 'none' ? null : reference);

/** Writes the report, which tells of the work and not of the run that asks for it. */
export const reportPlan = planStage({
  name: 'report',
  activity: 'report',
  version: 6,
  title: 'Write the report and the model card',
  timeout: '10m',
  input: {
    /** The dataset's name. */
    dataset: z.string(),
    network: networkOptionsSchema,
    recipe: recipeSchema,
    seed: z.int(),
    /** The seeds that this one is the median of, where several were trained. */
    seeds: seedSpreadSchema.optional(),
    /** What has changed since the data that was accepted last, in words; absent where nothing has. */
    dataChange: z.string().optional(),
    /** What to compare with; absent in runs of versions that did not say. */
    reference: referenceSettingSchema.optional(),
    outcomes: z.object({
      data: dataPlan.outcome,
      train: trainPlan.outcome,
      select: selectPlan.outcome,
      evaluate: evaluatePlan.outcome,
    }),
  },
  dependsOn: ({ dataset, network, recipe, seed, seeds, dataChange, reference, outcomes }) => ({
    training: outcomes.train.fingerprint,
    data: outcomes.data.outputs,
    train: outcomes.train.outputs,
    select: outcomes.select.outputs,
    evaluate: outcomes.evaluate.outputs,
    ...{ network, recipe, seed, seeds, dataChange },
    reference: comparedWith({ dataset, reference }),
  }),
  outputs: ['html', 'json', 'modelCard'],
  summary: z.object({}),
  files: { 'report.html': 'html', 'report.json': 'json', 'model-card.md': 'modelCard' },
  published: ['report.html', 'report.json', 'model-card.md'],
});
