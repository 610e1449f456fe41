import { selectionSchema } from '@atelier/evaluate/schema';
import { dataPlan } from '../data/plan.ts';
import { planStage } from '../plan.ts';
import { trainPlan } from '../train/plan.ts';

/** Chooses the best epoch and exports its model: the checkpoint without the optimizer's state. */
export const selectPlan = planStage({
  name: 'select',
  activity: 'select',
  version: 1,
  title: 'Choose the best checkpoint by validation accuracy',
  timeout: '10m',
  input: { data: dataPlan.outcome, train: trainPlan.outcome },
  dependsOn: ({ train, data }) => ({
    history: train.outputs.history,
    classes: data.summary.classes,
    normalisation: data.summary.normalisation,
  }),
  outputs: ['selection', 'model'],
  summary: selectionSchema.pick({ epoch: true, validationAccuracy: true, validationLoss: true }),
  files: { 'model/model.safetensors': 'model', 'model/selection.json': 'selection' },
  published: ['model/model.safetensors'],
  best: ({ epoch, validationAccuracy }) => ({ epoch, validationAccuracy }),
  results: {
    bestEpoch: { label: 'best epoch', format: 'count', of: ({ epoch }) => epoch, atEnd: true },
    validationAccuracy: {
      label: 'validation accuracy',
      format: 'percent',
      of: ({ validationAccuracy }) => validationAccuracy,
      atEnd: true,
      column: 'validation',
    },
  },
});
