import type { Calibration, Coverage } from './schema.ts';

/** As many as in the paper below. */
export const standardBins = 15;

/**
 * Does a confidence of 80 % mean being right in 80 % of the cases? Examples are put into bins of
 * equal width by the probability of their predicted class; a bin (lower, upper] of a calibrated
 * model is as accurate as it is confident.
 * Guo et al., "On calibration of modern neural networks" (2017), equations 1 to 5.
 * @param confidences [n] in [0, 1]
 * @param correct [n]
 */
export function calibration(
  confidences: Float32Array,
  correct: readonly boolean[],
  binCount = standardBins,
): Calibration {
  const bins = Array.from({ length: binCount }, () => ({ count: 0, confidence: 0, correct: 0 }));
  confidences.forEach((confidence, i) => {
    const bin = bins[binOf(confidence, binCount)]!;
    bin.count += 1;
    bin.confidence += confidence;
    bin.correct += correct[i] ? 1 : 0;
  });
  const gaps = bins.map(({ count, confidence, correct }) => ({
    weight: count / confidences.length,
    gap: count === 0 ? 0 : Math.abs(correct - confidence) / count,
  }));
  return {
    bins: bins.map(({ count, confidence, correct }, i) => ({
      lower: i / binCount,
      upper: (i + 1) / binCount,
      count,
      confidence: count === 0 ? null : confidence / count,
      accuracy: count === 0 ? null : correct / count,
    })),
    expectedError: gaps.reduce((sum, { weight, gap }) => sum + weight * gap, 0),
    maximumError: Math.max(...gaps.map(({ gap }) => gap)),
  };
}

/** An upper bound belongs to its bin, and 0 to the first one. */
export const binOf = (confidence: number, binCount: number): number =>
  Math.min(binCount - 1, Math.max(0, Math.ceil(confidence * binCount) - 1));

/** From an even chance on, closer and closer to certainty. */
const thresholds = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];

/**
 * What a user gets who takes only answers of at least some confidence: how many are left, and how
 * many of these are right.
 * El-Yaniv & Wiener, "On the foundations of noise-free selective classification" (2010).
 */
export function coverageByThreshold(
  confidences: Float32Array,
  correct: readonly boolean[],
): Coverage[] {
  return thresholds.map((threshold) => {
    const kept = correct.filter((_, i) => confidences[i]! >= threshold);
    return { threshold, count: kept.length, correct: kept.filter(Boolean).length };
  });
}
