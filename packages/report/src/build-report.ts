import type { PreparedDataset } from '@atelier/data/descriptor';
import {
  type Evaluation,
  type Predictions,
  predictedClasses,
  type Selection,
  wilsonInterval,
} from '@atelier/evaluate';
import { type Network, tensorSpecs } from '@atelier/model';
import type { Recipe } from '@atelier/train/configuration';
import type { z } from 'zod';
import { round } from './float32.ts';
import type {
  EpochRecord,
  environmentSchema,
  Reference,
  Report,
  runSchema,
} from './report-schema.ts';
import { drawSamples } from './samples.ts';

export interface ReportInputs {
  run: z.infer<typeof runSchema>;
  dataset: PreparedDataset;
  network: Network;
  recipe: Recipe;
  seed: number;
  history: readonly EpochRecord[];
  selection: Selection;
  /** Of the chosen checkpoint on the test split. */
  evaluation: Evaluation;
  /** What the evaluation was computed from. */
  predictions: Predictions;
  environment: z.infer<typeof environmentSchema>;
  /** Seconds by stage. */
  timings: Record<string, number>;
  /** Published numbers to compare with, where the recipe has any. */
  reference?: Reference | undefined;
}

/** Brings together what the stages of a run gave. Equal inputs give equal reports. */
export function buildReport(inputs: ReportInputs): Report {
  const { run, dataset, network, recipe, seed, selection, evaluation, environment } = inputs;
  // Sums depend on the order of their terms.
  const history = [...inputs.history].sort((a, b) => a.epoch - b.epoch);
  return {
    schemaVersion: 1,
    run,
    result: result({ ...inputs, history }),
    reference: inputs.reference ?? null,
    dataset,
    network,
    recipe,
    seed,
    history,
    selection,
    evaluation,
    samples: drawSamples(inputs.predictions, seed),
    examples: examples(inputs.predictions),
    environment,
    timings: inputs.timings,
  };
}

function result({ dataset, network, history, selection, evaluation }: ReportInputs) {
  const { count } = dataset.splits.validation;
  return {
    testAccuracy: evaluation.accuracy,
    testAccuracyInterval: evaluation.accuracyInterval,
    testExamples: evaluation.examples,
    testCorrect: evaluation.correct,
    validationAccuracy: selection.validationAccuracy,
    validationAccuracyInterval: wilsonInterval(
      Math.round(selection.validationAccuracy * count),
      count,
    ),
    validationLoss: selection.validationLoss,
    bestEpoch: selection.epoch,
    epochs: history.length,
    parameters: parameterCount(network),
    logLoss: evaluation.logLoss,
    macroF1: evaluation.macro.f1,
    expectedCalibrationError: evaluation.calibration.expectedError,
    trainingSeconds: history.reduce((sum, epoch) => sum + epoch.seconds, 0),
  };
}

/** Trained numbers; BatchNorm's running statistics are not among them. */
const parameterCount = (network: Network): number =>
  tensorSpecs(network)
    .filter(({ kind }) => !kind.startsWith('running'))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);

function examples(predictions: Predictions): Report['examples'] {
  const { probabilities, labels, indices, classes } = predictions;
  const predicted = predictedClasses(predictions);
  const probability = (c: number, i: number) => round(probabilities[i * classes + c]!);
  return {
    index: [...indices],
    actual: [...labels],
    predicted: [...predicted],
    confidence: Array.from(predicted, probability),
    actualProbability: Array.from(labels, probability),
  };
}
