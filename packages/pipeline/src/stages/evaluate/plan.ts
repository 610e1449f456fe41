import { type TestResult, testResultSchema } from '@atelier/evaluate/schema';
import { type RunKey, testMetricList } from '@atelier/evaluate/test-metrics';
import { dataPlan } from '../data/plan.ts';
import { planStage, type ResultPlan } from '../plan.ts';
import { selectPlan } from '../select/plan.ts';

/** Runs the chosen model on the test split and measures its predictions. */
export const evaluatePlan = planStage({
  name: 'evaluate',
  activity: 'evaluate',
  version: 2,
  title: 'Measure the chosen model on the test split',
  timeout: '30m',
  input: {
    data: dataPlan.outcome,
    select: selectPlan.outcome,
  },
  dependsOn: ({ data, select, settings }) => ({
    model: select.outputs.model,
    test: data.outputs.test,
    classes: data.summary.classes,
    normalisation: data.summary.normalisation,
    batch: settings.evaluationBatch,
  }),
  outputs: ['evaluation', 'predictions'],
  summary: testResultSchema,
  files: {
    'evaluation/evaluation.json': 'evaluation',
    'evaluation/predictions.safetensors': 'predictions',
  },
  results: Object.fromEntries(
    testMetricList.map(({ key, label, format, atEnd, column }) => [
      key,
      {
        ...{ label: `test ${label}`, format, of: (summary: TestResult) => summary[key] },
        ...(atEnd === undefined ? {} : { atEnd }),
        ...(column === undefined ? {} : { column }),
      },
    ]),
  ) as Record<RunKey, ResultPlan<TestResult>>,
});
