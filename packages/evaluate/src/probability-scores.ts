import type { Predictions } from './predictions.ts';

/** The smallest normal float32: a probability that underflowed to 0 costs 87.3 nats, not ∞. */
const smallest = 2 ** -126;

/** Mean of -ln(probability of the actual class), in nats per example. */
export function logLoss({ probabilities, labels, classes }: Predictions): number {
  let sum = 0;
  labels.forEach((label, i) => {
    sum -= Math.log(Math.max(probabilities[i * classes + label]!, smallest));
  });
  // A sure and right model gives -0.
  return sum / labels.length + 0;
}

/**
 * Mean squared distance between the probabilities of all classes and the truth, in [0, 2]: 0 for
 * sure and right, 2 for sure and wrong.
 * Brier, "Verification of forecasts expressed in terms of probability" (1950), equation 2.
 */
export function brierScore({ probabilities, labels, classes }: Predictions): number {
  let sum = 0;
  labels.forEach((label, i) => {
    for (let c = 0; c < classes; c++)
      sum += (probabilities[i * classes + c]! - (c === label ? 1 : 0)) ** 2;
  });
  return sum / labels.length;
}

/**
 * How many examples have their actual class among the k most probable ones. Among equals the first
 * class counts as the more probable, as it does for the predicted class.
 */
export function topHits({ probabilities, labels, classes }: Predictions, k: number): number {
  let hits = 0;
  labels.forEach((label, i) => {
    const own = probabilities[i * classes + label]!;
    let before = 0;
    for (let c = 0; c < classes; c++) {
      const other = probabilities[i * classes + c]!;
      if (other > own || (other === own && c < label)) before += 1;
    }
    if (before < k) hits += 1;
  });
  return hits;
}
