import { limitsSchema } from '@atelier/data/compare-datasets';
import { networkOptionsSchema } from '@atelier/model/network';
import { recipeSchema } from '@atelier/train/recipe';
import { z } from 'zod';
import { gateSettingsSchema } from '../../configuration/gate-settings.ts';
import { approvalSchema } from '../../registry/approval.ts';
import { outcomeSchema } from '../../registry/decision.ts';
import { adoptionSchema } from '../../run-configuration.ts';
import { dataPlan } from '../data/plan.ts';
import { planStage } from '../plan.ts';
import { reportPlan } from '../report/plan.ts';
import { selectPlan } from '../select/plan.ts';

/** Decides, once for every run, whether its model is put in use in the place of the champion. */
export const promotePlan = planStage({
  name: 'promote',
  activity: 'promote',
  version: 1,
  title: 'Decide on the gate split whether the model is put in use',
  timeout: '30m',
  since: 'stage-promote',
  isWanted: ({ promote }) => promote === true,
  input: {
    /** Of the run, which decides once. */
    execution: z.string(),
    /** The dataset's name. */
    dataset: z.string(),
    /** How much the data may differ from what the champion was made of. */
    contract: limitsSchema,
    network: networkOptionsSchema,
    recipe: recipeSchema,
    adopt: adoptionSchema.optional(),
    gate: gateSettingsSchema,
    /** What a person said, where the gate waits for one. */
    approval: approvalSchema.optional(),
    data: dataPlan.outcome,
    select: selectPlan.outcome,
    report: reportPlan.outcome,
  },
  // What is in use at that time decides, too: the run's own decision stands in the log, and is taken
  // from there.
  dependsOn: ({ execution, data, select, report, approval }) => ({
    execution,
    model: select.outputs.model,
    gate: data.outputs.gate,
    report: report.outputs.html,
    // A run that was reset, and held nothing back in the log, may be told otherwise.
    ...(approval && { approval }),
  }),
  outputs: ['promotion', 'page'],
  summary: z.object({
    outcome: outcomeSchema,
    sentence: z.string(),
    /** Of the decision in the log; absent where there is none, because no model is in use yet. */
    number: z.int().min(1).optional(),
  }),
  files: { 'report.html': 'page', 'promotion.json': 'promotion' },
  published: ['report.html', 'promotion.json'],
  verdict: ({ outcome, sentence }) => ({ outcome, sentence }),
});
