import { calibration } from './calibration.ts';
import {
  classMetrics,
  confusedPairs,
  confusionMatrix,
  macroMean,
  weightedMean,
} from './confusion.ts';
import { logLoss } from './log-loss.ts';
import { confidentMistakes } from './mistakes.ts';
import { checkPredictions, type Predictions, predictedClasses } from './predictions.ts';
import type { Evaluation } from './schema.ts';
import { wilsonInterval } from './wilson-interval.ts';

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
  const { probabilities, labels, classes } = predictions;
  const examples = labels.length;
  const predicted = predictedClasses(predictions);
  const confidences = Float32Array.from(predicted, (c, i) => probabilities[i * classes + c]!);
  const hits = Array.from(labels, (label, i) => label === predicted[i]);
  const correct = hits.filter(Boolean).length;
  const confusion = confusionMatrix(labels, predicted, classes);
  const perClass = classMetrics(confusion, classNames);
  return {
    schemaVersion: 1,
    examples,
    correct,
    accuracy: correct / examples,
    accuracyInterval: wilsonInterval(correct, examples),
    logLoss: logLoss(predictions),
    classes: [...classNames],
    confusion,
    perClass,
    macro: macroMean(perClass),
    weighted: weightedMean(perClass),
    calibration: calibration(confidences, hits),
    confusedPairs: confusedPairs(confusion),
    mistakes: confidentMistakes(predictions, predicted),
  };
}
