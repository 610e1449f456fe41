import { calibration, coverageByThreshold } from './calibration.ts';
import {
  classMetrics,
  confidentMistakes,
  confusedPairs,
  confusionMatrix,
  macroMean,
  weightedMean,
} from './confusion.ts';
import { checkPredictions, type Predictions, predictedClasses } from './predictions.ts';
import type { Evaluation, EvaluationDetail } from './schema.ts';
import { testMetricList } from './test-metrics.ts';

/**
 * Measures predictions against the actual classes.
 * @param classNames one for each column of the probabilities
 * @throws UserError where the predictions are not distributions over these classes
 */
export function evaluatePredictions(
  predictions: Predictions,
  classNames: readonly string[],
): Evaluation {
  checkPredictions(predictions, classNames);
  const detail = measureDetail(predictions, classNames);
  const metrics = testMetricList.flatMap(({ name, measure }) => {
    const measured = measure({ predictions, detail });
    return measured === undefined ? [] : [[name, measured]];
  });
  return {
    schemaVersion: 2,
    metrics: Object.fromEntries(metrics) as Evaluation['metrics'],
    ...detail,
  };
}

function measureDetail(predictions: Predictions, names: readonly string[]): EvaluationDetail {
  const { probabilities, labels, classes } = predictions;
  const predicted = predictedClasses(predictions);
  const confidences = Float32Array.from(predicted, (c, i) => probabilities[i * classes + c]!);
  const hits = Array.from(labels, (label, i) => label === predicted[i]);
  const confusion = confusionMatrix(labels, predicted, classes);
  const perClass = classMetrics(confusion, names);
  return {
    examples: labels.length,
    correct: hits.filter(Boolean).length,
    classes: [...names],
    confusion,
    perClass,
    macro: macroMean(perClass),
    weighted: weightedMean(perClass),
    calibration: calibration(confidences, hits),
    coverage: coverageByThreshold(confidences, hits),
    confusedPairs: confusedPairs(confusion),
    mistakes: confidentMistakes(predictions, predicted),
  };
}
