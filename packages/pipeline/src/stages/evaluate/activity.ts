import { encodePredictions, evaluatePredictions, predict, testResult } from '@atelier/evaluate';
import type { StageWorker } from '../../stage-activity/stage-activity.ts';
import { throughCache } from '../../stage-cache/stage-cache.ts';
import { splitFiles } from '../data/stored-splits.ts';
import { checkEvaluation } from './check-record.ts';
import { evaluatePlan as plan } from './plan.ts';

export const activity: StageWorker<typeof plan> =
  ({ store, files }) =>
  (input, context) => {
    const { data, select, settings } = input;
    const { signal, tell, log } = context;
    const { classes, normalisation } = data.summary;
    const { model } = select.outputs;
    const { test } = data.outputs;
    return throughCache(store, {
      plan,
      input,
      context,
      check: (record) => checkEvaluation(store, data, record),
      async work() {
        tell({ doing: 'predicting the test split' });
        const { path: splitPath, ...parts } = await splitFiles(files, test);
        const predictions = await predict({
          modelPath: await files.path(model),
          splitPath,
          ...parts,
          normalisation,
          ...settings,
          signal,
          onOutput: (line) => log.info(`The prediction process printed: ${line}`),
        });
        const evaluation = evaluatePredictions(predictions, classes);
        const json = Buffer.from(JSON.stringify(evaluation));
        return {
          outputs: {
            evaluation: await store.putBlob(json, 'application/json'),
            predictions: await store.putBlob(encodePredictions(predictions)),
          },
          summary: testResult(evaluation.metrics),
        };
      },
    });
  };
