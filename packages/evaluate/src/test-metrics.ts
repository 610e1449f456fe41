import { wilsonInterval } from './intervals.ts';
import type { Predictions } from './predictions.ts';
import { brierScore, logLoss, topHits } from './probability-scores.ts';
import type { EvaluationDetail, Measure, TestResult } from './schema.ts';

/** What a metric is computed from. */
interface Measured {
  predictions: Predictions;
  /** What evaluation.json holds besides the metrics. */
  detail: EvaluationDetail;
}

export interface TestMetric {
  /** Stands in rows and within sentences. */
  label: string;
  /** What it says, in one sentence. */
  meaning: string;
  /** A share is written as a percentage. */
  format: 'percent' | 'number';
  better: 'higher' | 'lower';
  /** What model hubs call it. */
  hub?: string;
  /** Shown at the end of a run, too; report, report.json and model card have every metric. */
  atEnd?: boolean;
  /**
   * The head of its column where runs are listed and where seeds are compared. Runs can then be
   * searched by it: Temporal keeps few such attributes, so that few metrics have a column.
   */
  column?: string;
  /** Gives undefined where the metric says nothing about these predictions. */
  measure(measured: Measured): Measure | undefined;
}

/** Every metric of the test split, in the order in which people see them. */
const testMetrics = {
  accuracy: {
    label: 'accuracy',
    meaning: 'The share of images whose most probable class is the actual one.',
    format: 'percent',
    better: 'higher',
    hub: 'accuracy',
    atEnd: true,
    column: 'test',
    measure: ({ detail }) => proportion(detail.correct, detail.examples),
  },
  top2Accuracy: {
    label: 'top-2 accuracy',
    meaning: 'The share of images whose actual class is one of the two most probable.',
    format: 'percent',
    better: 'higher',
    // Where there are two classes, each is always among the first two.
    measure: ({ predictions, detail }) =>
      predictions.classes > 2 ? proportion(topHits(predictions, 2), detail.examples) : undefined,
  },
  macroF1: {
    label: 'macro F1',
    meaning: 'The mean of the F1 of all classes, each class counting the same.',
    format: 'percent',
    better: 'higher',
    hub: 'f1',
    measure: ({ detail }) => ({ value: detail.macro.f1 }),
  },
  logLoss: {
    label: 'log loss',
    meaning: 'The mean of −ln(probability of the actual class), in nats.',
    format: 'number',
    better: 'lower',
    hub: 'loss',
    measure: ({ predictions }) => ({ value: logLoss(predictions) }),
  },
  brierScore: {
    label: 'Brier score',
    meaning: 'The mean squared error of the probabilities, summed over the classes: from 0 to 2.',
    format: 'number',
    better: 'lower',
    hub: 'brier_score',
    measure: ({ predictions }) => ({ value: brierScore(predictions) }),
  },
  calibrationError: {
    label: 'calibration error',
    meaning: 'The expected distance between confidence and accuracy, over bins of confidence.',
    format: 'percent',
    better: 'lower',
    measure: ({ detail }) => ({ value: detail.calibration.expectedError }),
  },
} as const satisfies Record<string, TestMetric>;

export type MetricName = keyof typeof testMetrics;

/** The metrics with their names, in the table's order. */
export const testMetricList = Object.entries(testMetrics).map(([name, metric]) => ({
  ...(metric as TestMetric),
  name: name as MetricName,
  key: runKey(name as MetricName),
}));

/** A metric's name where it stands among other numbers of a run: accuracy -> testAccuracy. */
export type RunKey<Name extends MetricName = MetricName> = `test${Capitalize<Name>}`;

function runKey(name: MetricName): RunKey {
  return `test${name[0]!.toUpperCase()}${name.slice(1)}` as RunKey;
}

/** The metrics' values by their keys. */
export function testResult(metrics: { [Name in MetricName]?: Measure | undefined }): TestResult {
  return Object.fromEntries(
    testMetricList.flatMap(({ name, key }) => {
      const value = metrics[name]?.value;
      return value === undefined ? [] : [[key, value]];
    }),
  ) as TestResult;
}

function proportion(successes: number, total: number): Measure {
  return { value: successes / total, interval: wilsonInterval(successes, total) };
}
