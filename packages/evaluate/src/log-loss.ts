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
