import { binOf, standardBins } from '../calibration.ts';
import { exampleOf, type Predictions, predictedClasses } from '../predictions.ts';
import { brierScore, logLoss } from '../probability-scores.ts';
import type { MetricName } from '../test-metrics.ts';

/** Each example's part in every measure. */
interface Columns {
  predictions: Predictions;
  predicted: Uint8Array;
  /** Of the predicted class. */
  confidences: Float64Array;
  bins: Uint8Array;
  losses: Float64Array;
  squares: Float64Array;
}

/** Metrics whose intervals come from resampling: of the others, shares of examples, there are formulas. */
export type ResampledMetric = Exclude<MetricName, 'accuracy' | 'top2Accuracy'>;

export interface ResampledMeasures extends Record<ResampledMetric, number> {
  f1: Float64Array;
}

/**
 * A function that measures predictions with each example counting as often as it was drawn. With
 * every example once, it gives what the table of metrics does.
 */
export function weighted(predictions: Predictions): (draws: Uint16Array) => ResampledMeasures {
  const columns = columnsOf(predictions);
  return (draws) => measure(columns, draws);
}

function columnsOf(predictions: Predictions): Columns {
  const { probabilities, labels, classes } = predictions;
  const predicted = predictedClasses(predictions);
  const confidences = Float64Array.from(predicted, (c, i) => probabilities[i * classes + c]!);
  const alone = Array.from(labels, (_, i) => exampleOf(predictions, i));
  return {
    ...{ predictions, predicted, confidences },
    bins: Uint8Array.from(confidences, (confidence) => binOf(confidence, standardBins)),
    losses: Float64Array.from(alone, logLoss),
    squares: Float64Array.from(alone, brierScore),
  };
}

function measure(
  { predictions, predicted, confidences, bins, losses, squares }: Columns,
  draws: Uint16Array,
): ResampledMeasures {
  const { labels, classes } = predictions;
  const zeros = (length: number) => new Float64Array(length);
  const [hits, support, taken] = [zeros(classes), zeros(classes), zeros(classes)];
  /** Of each bin: how far the right answers are above the confidence, summed. */
  const gaps = zeros(standardBins);
  let [drawn, loss, square] = [0, 0, 0];
  for (let i = 0; i < labels.length; i++) {
    const times = draws[i]!;
    if (times === 0) continue;
    const [label, answer] = [labels[i]!, predicted[i]!];
    const hit = label === answer ? 1 : 0;
    drawn += times;
    support[label]! += times;
    taken[answer]! += times;
    hits[label]! += times * hit;
    gaps[bins[i]!]! += times * (hit - confidences[i]!);
    loss += times * losses[i]!;
    square += times * squares[i]!;
  }
  const all = hits.map((_, c) => support[c]! + taken[c]!);
  const f1 = hits.map((hit, c) => (all[c] === 0 ? 0 : (2 * hit) / all[c]!));
  return {
    f1,
    macroF1: sum(f1) / all.filter((count) => count > 0).length,
    logLoss: loss / drawn,
    brierScore: square / drawn,
    calibrationError: sum(gaps.map(Math.abs)) / drawn,
  };
}

const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
