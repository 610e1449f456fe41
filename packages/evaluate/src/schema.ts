import { z } from 'zod';
import { type MetricName, type RunKey, testMetricList } from './test-metrics.ts';

const count = z.int().min(0);
const share = z.number().min(0).max(1);

/** The scores of one epoch on the validation split. */
const contenderSchema = z.object({
  epoch: z.int().min(1),
  validationAccuracy: share,
  /** Nats per example. */
  validationLoss: z.number(),
});
export type Contender = z.infer<typeof contenderSchema>;

export const selectionSchema = contenderSchema.extend({
  schemaVersion: z.literal(1),
  /** Which rule decided, in one sentence. */
  reason: z.string(),
  /** Every epoch that reached the best validation accuracy, the chosen one first. */
  contenders: z.array(contenderSchema).min(1),
});
/** The chosen checkpoint, and why it was chosen. */
export type Selection = z.infer<typeof selectionSchema>;

export const intervalSchema = z.object({
  /** The share of such intervals that hold the true value, e.g. 0.95. */
  level: share,
  lower: share,
  upper: share,
});
export type Interval = z.infer<typeof intervalSchema>;

const scores = { precision: share, recall: share, f1: share };

const classMetricsSchema = z.object({
  name: z.string(),
  ...scores,
  /** Examples of this class. */
  support: count,
  /** Examples that were taken for this class. */
  predicted: count,
});
export type ClassMetrics = z.infer<typeof classMetricsSchema>;

const meanMetricsSchema = z.object(scores);
export type MeanMetrics = z.infer<typeof meanMetricsSchema>;

const calibrationBinSchema = z.object({
  /** The bin holds confidences in (lower, upper]. */
  lower: share,
  upper: share,
  count,
  /** null where the bin is empty. */
  confidence: share.nullable(),
  accuracy: share.nullable(),
});
const calibrationSchema = z.object({
  bins: z.array(calibrationBinSchema).min(1),
  /** Mean of |accuracy - confidence| over the examples' bins. */
  expectedError: share,
  /** The largest |accuracy - confidence| of a bin that holds examples. */
  maximumError: share,
});
export type Calibration = z.infer<typeof calibrationSchema>;

const confusedPairSchema = z.object({
  /** Positions in the list of classes. */
  actual: count,
  predicted: count,
  count,
  /** The share of the actual class's examples. */
  share,
});
export type ConfusedPair = z.infer<typeof confusedPairSchema>;

export const mistakeSchema = z.object({
  /** Row of the predictions, and of the split they were made on. */
  position: count,
  /** Position in the official file that the split was taken from. */
  index: count,
  actual: count,
  predicted: count,
  /** Probability of the predicted class. */
  confidence: share,
  /** Probability of the actual class. */
  actualProbability: share,
});
export type Mistake = z.infer<typeof mistakeSchema>;

const measureSchema = z.object({
  value: z.number(),
  /** Where the metric has one: the sampling error of the test split. */
  interval: intervalSchema.optional(),
});
export type Measure = z.infer<typeof measureSchema>;

const coverageSchema = z.object({
  threshold: share,
  /** Examples of at least this confidence. */
  count,
  /** How many of them are right. */
  correct: count,
});
export type Coverage = z.infer<typeof coverageSchema>;

export const evaluationDetailSchema = z.object({
  examples: count.min(1),
  correct: count,
  classes: z.array(z.string()).min(1),
  /** confusion[actual][predicted] in examples. */
  confusion: z.array(z.array(count)),
  perClass: z.array(classMetricsSchema),
  /** Mean over the classes that occur, each counting the same. */
  macro: meanMetricsSchema,
  /** Mean over the classes, each counting by its support. */
  weighted: meanMetricsSchema,
  calibration: calibrationSchema,
  /** What remains, and how much of it is right, where the unsure answers are left out. */
  coverage: z.array(coverageSchema),
  /** Pairs of classes mixed up, the most frequent first. */
  confusedPairs: z.array(confusedPairSchema),
  /** Wrong predictions, the most confident first. */
  mistakes: z.array(mistakeSchema),
});
/** An evaluation without its metrics. */
export type EvaluationDetail = z.infer<typeof evaluationDetailSchema>;

const measures = Object.fromEntries(
  testMetricList.map(({ name }) => [name, measureSchema.optional()]),
) as Record<MetricName, z.ZodOptional<typeof measureSchema>>;

export const evaluationSchema = z.object({
  schemaVersion: z.literal(2),
  /** The metrics of the table that say something about these predictions. */
  metrics: z.object({ ...measures, accuracy: measureSchema.required() }),
  ...evaluationDetailSchema.shape,
});
/** Everything measured on one split. Equal predictions give equal evaluations. */
export type Evaluation = z.infer<typeof evaluationSchema>;

const values = Object.fromEntries(
  testMetricList.map(({ key, format }) => [
    key,
    (format === 'percent' ? share : z.number().min(0)).optional(),
  ]),
) as Record<RunKey, z.ZodOptional<z.ZodNumber>>;

/** The metrics' bare values, as a run is known by them. */
export const testResultSchema = z.object({ ...values, testAccuracy: share });
/** A record of an earlier version lacks the metrics that were added since. */
export type TestResult = z.infer<typeof testResultSchema>;
