import { z } from 'zod';
import { type MetricName, testMetricList } from '../test-metrics.ts';

const count = z.int().min(0);
const share = z.number().min(0).max(1);

const differenceIntervalSchema = z.strictObject({
  /** The share of such intervals that hold the true difference, e.g. 0.95. */
  level: share,
  lower: z.number(),
  upper: z.number(),
});
/** Of a difference, which may be below 0. */
export type DifferenceInterval = z.infer<typeof differenceIntervalSchema>;

export const differenceSchema = z.strictObject({
  a: z.number(),
  b: z.number(),
  /** a less b. */
  difference: z.number(),
  interval: differenceIntervalSchema,
  /** Two-sided, of no difference; absent where the interval comes from resampling. */
  pValue: share.optional(),
});
/** One measure of both sides. */
export type Difference = z.infer<typeof differenceSchema>;

const runSchema = z.strictObject({
  run: z.string(),
  seed: z.number(),
  /** Of its test split. */
  examples: count.min(1),
});

const answerSchema = z.strictObject({
  predicted: count,
  /** Of the predicted class. */
  probability: share,
});

const dividedExampleSchema = z.strictObject({
  /** Position in the official file that the splits were taken from. */
  index: count,
  actual: count,
  a: answerSchema,
  b: answerSchema,
});
/** An example that only one side gets right. */
export type DividedExample = z.infer<typeof dividedExampleSchema>;

const classSchema = z.strictObject({
  name: z.string(),
  support: count,
  recall: differenceSchema.optional().describe('absent where no shared example is of this class'),
  /** Holm's: of several classes that are looked at, one is soon found different by chance. */
  adjustedPValue: share.optional(),
  /** `gained`: a recognises the class better than b, by more than chance. */
  change: z.enum(['gained', 'lost', 'same']),
  f1: differenceSchema,
});
export type ComparedClass = z.infer<typeof classSchema>;

const measures = Object.fromEntries(
  testMetricList.map(({ name }) => [name, differenceSchema.optional()]),
) as Record<MetricName, z.ZodOptional<typeof differenceSchema>>;

export const comparisonSchema = z.strictObject({
  schemaVersion: z.literal(1),
  a: z.array(runSchema).min(1),
  b: z.array(runSchema).min(1),
  /**
   * What the numbers are about. `models`: these two, whatever another seed would give. The others:
   * two ways of training, over seeds and examples, their runs paired by seed or not.
   */
  about: z.enum(['models', 'paired seeds', 'unpaired seeds']),
  /** Test examples that every run has. */
  examples: count.min(1),
  /** Every probability is the same, bit for bit. */
  identical: z.boolean(),
  /** How many examples both sides get right, one of them, or none; of several runs, most of them. */
  counts: z.strictObject({ both: count, onlyA: count, onlyB: count, neither: count }),
  metrics: z.strictObject({ ...measures, accuracy: differenceSchema.required() }),
  classes: z.array(classSchema),
  /** The examples that only one side gets right, those that the other one is surest about first. */
  onlyA: z.array(dividedExampleSchema),
  onlyB: z.array(dividedExampleSchema),
});
/** What the predictions of two models, or of two ways of training, say when laid side by side. */
export type Comparison = z.infer<typeof comparisonSchema>;
