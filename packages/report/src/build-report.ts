import type { PreparedDataset } from '@atelier/data/prepared-dataset';
import {
  type Evaluation,
  type Predictions,
  type Selection,
  testResult,
  wilsonInterval,
} from '@atelier/evaluate';
import type { SeedSpread } from '@atelier/evaluate/seed-spread';
import { type Network, parameterCount } from '@atelier/model';
import type { EpochRecord } from '@atelier/train/epochs';
import type { Recipe } from '@atelier/train/recipe';
import type { AdoptedData } from './adopted-data.ts';
import { drawSamples, exampleColumns } from './examples.ts';
import { type EpochOrigin, lineageOf } from './lineage.ts';
import { shownReference } from './reference.ts';
import type { Reference } from './reference-schema.ts';
import type { Report } from './report-schema.ts';

export interface ReportInputs {
  /** The training's fingerprint, and when it was done. */
  training: { fingerprint: string; finishedAt: string };
  dataset: PreparedDataset;
  network: Network;
  recipe: Recipe;
  seed: number;
  /** The seeds that this one is the median of. */
  seeds?: SeedSpread | undefined;
  /** What has changed since the data that was accepted last, in words. */
  dataChange?: string | undefined;
  history: readonly EpochRecord[];
  /** Where each epoch of the history comes from. */
  origins: readonly EpochOrigin[];
  /** Which of them were trained or validated on other data than `dataset`. */
  adoptedData: readonly AdoptedData[];
  /** What the training took of another model to begin with. */
  initialised?: Report['training']['initialised'];
  selection: Selection;
  /** How the chosen checkpoint does on the test split. */
  evaluation: Evaluation;
  /** What the evaluation was computed from. */
  predictions: Predictions;
  /** Seconds by stage. */
  timings: Record<string, number>;
  /** What to compare with, if anything. */
  reference?: Reference | undefined;
}

/** Brings together what the stages gave. Equal inputs give equal reports. */
export function buildReport(inputs: ReportInputs): Report {
  const { dataset, network, recipe, seed, seeds, selection, evaluation } = inputs;
  // Sums depend on the order of their terms.
  const history = inOrder(inputs.history);
  const lineage = lineageOf(inOrder(inputs.origins));
  return {
    schemaVersion: 3,
    training: {
      ...inputs.training,
      lineage,
      ...(inputs.adoptedData.length > 0 && { adoptedData: [...inputs.adoptedData] }),
      ...(inputs.initialised && { initialised: inputs.initialised }),
    },
    result: result({ ...inputs, history }),
    reference: shownReference(inputs.reference, inputs),
    dataset,
    ...(inputs.dataChange !== undefined && { dataChange: inputs.dataChange }),
    network,
    recipe,
    seed,
    ...(seeds && { seeds }),
    history,
    selection,
    evaluation,
    samples: drawSamples(inputs.predictions, dataset.splitSeed),
    examples: exampleColumns(inputs.predictions),
    environment: lineage.at(-1)!.environment,
    timings: inputs.timings,
  };
}

const inOrder = <T extends { epoch: number }>(epochs: readonly T[]): T[] =>
  [...epochs].sort((a, b) => a.epoch - b.epoch);

function result({ dataset, network, history, selection, evaluation }: ReportInputs) {
  const { count } = dataset.splits.validation;
  return {
    ...testResult(evaluation.metrics),
    testAccuracyInterval: evaluation.metrics.accuracy.interval,
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
    trainingSeconds: history.reduce((sum, epoch) => sum + epoch.seconds, 0),
  };
}
