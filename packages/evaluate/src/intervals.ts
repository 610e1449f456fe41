import type { Interval } from './schema.ts';

/** The standard normal distribution's 97.5 % quantile. */
const z = 1.959963984540054;

/**
 * 95 % score interval of a proportion. Unlike the textbook normal interval it stays inside [0, 1]
 * and has a width at 0 and 1.
 * Wilson, "Probable inference, the law of succession, and statistical inference" (1927).
 * @param total at least 1
 */
export function wilsonInterval(successes: number, total: number): Interval {
  const p = successes / total;
  const scale = 1 + z ** 2 / total;
  const centre = (p + z ** 2 / (2 * total)) / scale;
  const margin = (z / scale) * Math.sqrt((p * (1 - p)) / total + z ** 2 / (4 * total ** 2));
  return {
    level: 0.95,
    // Rounding alone would leave 1e-17 where the bound is exactly 0 or 1.
    lower: successes === 0 ? 0 : Math.max(0, centre - margin),
    upper: successes === total ? 1 : Math.min(1, centre + margin),
  };
}

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

/** Of a difference: where a is by its interval, as in "a is above b". */
export const relationOf = ({ lower, upper }: Pick<Interval, 'lower' | 'upper'>): string =>
  lower > 0 ? 'is above' : upper < 0 ? 'is below' : 'cannot be told apart from';
