import type { Store } from '@atelier/artifacts';
import {
  encodePredictions,
  evaluatePredictions,
  predict,
  type TestResult,
  testResult,
} from '@atelier/evaluate';
import type { EvaluateInput, Outcomes } from '../contract.ts';
import type { BlobFiles } from './blob-files.ts';
import type { StageContext } from './stage-activity.ts';
import { throughCache } from './stage-cache.ts';

const version = 2;

/** Runs the chosen model on the test split and measures its predictions. */
export function evaluateStage(store: Store, files: BlobFiles) {
  return (
    { run, fresh = false, data, select, settings }: EvaluateInput,
    context: StageContext,
  ): Promise<Outcomes['evaluate']> => {
    const { signal, tell } = context;
    const { threads, evaluationBatch: batch } = settings;
    const { classes, normalisation } = data.summary;
    const model = select.outputs.model!;
    const test = data.outputs.test!;
    return throughCache<TestResult>(store, {
      stage: 'evaluate',
      version,
      inputs: { model, test, classes, normalisation, ...(batch === undefined ? {} : { batch }) },
      run,
      fresh,
      context,
      async work() {
        tell({ doing: 'predicting the test split' });
        const predictions = await predict({
          modelPath: await files.path(model),
          splitPath: await files.path(test),
          normalisation,
          signal,
          ...(threads === undefined ? {} : { threads }),
          ...(batch === undefined ? {} : { batch }),
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
}
