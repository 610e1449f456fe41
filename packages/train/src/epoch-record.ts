import { z } from 'zod';
import type { Recipe } from './recipe.ts';

type Direction = 'lower' | 'higher';

/** How a metric is named and shown. */
export interface EpochMetric {
  /** In a sentence, with its article. */
  name: string;
  /** Shares are shown in per cent. */
  format: 'percent' | 'number';
  /** Undefined where neither is. */
  better?: Direction;
  /** It is of the validation split, so that an epoch of other data has none to compare. */
  ofValidation?: true;
  /**
   * Its column in the terminal's table of epochs. Where the terminal is too narrow, the column with
   * the highest `leaveOut` goes first.
   */
  column?: { header: string; width: number; leaveOut?: number };
  /** Its curve in the report. */
  plot?: { id: EpochPlotId; curve: string; behind?: boolean };
}

export interface EpochPlot {
  title: string;
  /** @param steps optimizer steps of the whole training, as text */
  caption(recipe: Recipe, steps: string): string;
}

/** The report's plots over epochs, in their order. */
export const epochPlots = {
  loss: {
    title: 'Loss',
    caption: () => 'In nats, with label smoothing. The vertical line is the epoch that was kept.',
  },
  accuracy: { title: 'Accuracy', caption: () => 'On the training and the validation split.' },
  'learning-rate': {
    title: 'Learning rate',
    caption: (_, steps) => `Over ${steps} optimizer steps.`,
  },
  'gradient-norm': {
    title: 'Gradient norm',
    caption: ({ clipNorm }) => `Mean of each epoch, before clipping to ${clipNorm}.`,
  },
} as const satisfies Record<string, EpochPlot>;

export type EpochPlotId = keyof typeof epochPlots;

const shown = z.registry<EpochMetric>();
const share = () => z.number().min(0).max(1);

/**
 * What is measured of an epoch, equal whenever it is trained again. This is the one list of it:
 * records, history, progress and report follow. A metric that is added later is optional, since
 * records that are older lack it.
 */
export const epochMetricsSchema = z.object({
  /** Optimizer steps since training began. */
  step: z.int().min(1).register(shown, { name: 'the number of steps', format: 'number' }),
  learningRate: z
    .number()
    .min(0)
    .register(shown, {
      name: 'the learning rate',
      format: 'number',
      plot: { id: 'learning-rate', curve: 'learning rate' },
    }),
  // A loss is a sum in float32, and may be a little below the 0 that it cannot be below.
  /** Means over the epoch's training examples as the network saw them: augmented, with dropout. */
  trainLoss: z.number().register(shown, {
    name: 'the training loss',
    format: 'number',
    better: 'lower',
    column: { header: 'loss', width: 6, leaveOut: 4 },
    plot: { id: 'loss', curve: 'training', behind: true },
  }),
  trainAccuracy: share().register(shown, {
    name: 'the training accuracy',
    format: 'percent',
    better: 'higher',
    column: { header: 'acc.', width: 7, leaveOut: 5 },
    plot: { id: 'accuracy', curve: 'training', behind: true },
  }),
  /** The same loss function on the validation split, on running statistics. */
  validationLoss: z.number().register(shown, {
    name: 'the validation loss',
    ofValidation: true,
    format: 'number',
    better: 'lower',
    column: { header: 'val. loss', width: 9, leaveOut: 2 },
    plot: { id: 'loss', curve: 'validation' },
  }),
  validationAccuracy: share().register(shown, {
    name: 'the validation accuracy',
    ofValidation: true,
    format: 'percent',
    better: 'higher',
    column: { header: 'val. acc.', width: 9 },
    plot: { id: 'accuracy', curve: 'validation' },
  }),
  /** Mean over the epoch's steps, before clipping. */
  gradientNorm: z
    .number()
    .min(0)
    .register(shown, {
      name: "the gradient's norm",
      format: 'number',
      plot: { id: 'gradient-norm', curve: 'gradient norm' },
    }),
});

export type EpochMetrics = z.infer<typeof epochMetricsSchema>;

export const epochRecordSchema = z.object({
  /** Counted from 1. */
  epoch: z.int().min(1),
  ...epochMetricsSchema.shape,
  /** Wall time of the epoch's training and validation. */
  seconds: z.number().min(0),
});

/** What one epoch of training gave. */
export type EpochRecord = z.infer<typeof epochRecordSchema>;

export interface NamedEpochMetric extends EpochMetric {
  key: keyof EpochMetrics;
}

/** Every metric of an epoch, in the schema's order. */
export const epochMetrics: readonly NamedEpochMetric[] = epochMetricsSchema
  .keyof()
  .options.map((key) => ({ key, ...shown.get(epochMetricsSchema.shape[key])! }));

/** Whether an epoch was trained and validated on other data than its training's. */
export const isOfOtherData = (
  epoch: number,
  otherData: readonly { first: number; last: number }[] = [],
): boolean => otherData.some(({ first, last }) => first <= epoch && epoch <= last);

export const isBetter = (value: number, than: number, better: Direction): boolean =>
  better === 'lower' ? value < than : value > than;
