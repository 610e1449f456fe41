import type { Interval } from './schema.ts';
import { wilsonInterval } from './wilson-interval.ts';

export interface Proportion {
  successes: number;
  /** At least 1. */
  total: number;
}

/**
 * 95 % interval of the difference of two proportions measured on independent samples, a's less b's.
 * Newcombe, "Interval estimation for the difference between independent proportions" (1998),
 * method 10.
 */
export function differenceInterval(a: Proportion, b: Proportion): Interval {
  const [p, q] = [a.successes / a.total, b.successes / b.total];
  const [ofA, ofB] = [wilsonInterval(a.successes, a.total), wilsonInterval(b.successes, b.total)];
  return {
    level: 0.95,
    lower: p - q - Math.hypot(p - ofA.lower, ofB.upper - q),
    upper: p - q + Math.hypot(ofA.upper - p, q - ofB.lower),
  };
}
