import type { Difference, DifferenceInterval } from './schema.ts';

/** The standard normal distribution's 97.5 % quantile. */
const z = 1.959963984540054;

/** How two models do on the same examples, counted. */
export interface PairedCounts {
  /** Both are right. */
  both: number;
  onlyA: number;
  onlyB: number;
  neither: number;
}

/**
 * @param a [n] 1 where the model is right, else 0
 * @param b [n] of the same examples
 */
export function countPairs(a: Uint8Array, b: Uint8Array): PairedCounts {
  const counts = { both: 0, onlyA: 0, onlyB: 0, neither: 0 };
  a.forEach((hit, i) => {
    counts[hit ? (b[i] ? 'both' : 'onlyA') : b[i] ? 'onlyB' : 'neither'] += 1;
  });
  return counts;
}

/**
 * Exact McNemar test, two-sided: the chance that examples which only one of two equally good models
 * gets right divide as unevenly as these, or more. Not mid-p: it never errs on the bold side.
 * McNemar, "Note on the sampling error of the difference between correlated proportions or
 * percentages" (1947), with the binomial distribution in the place of χ².
 */
export function exactMcNemar({ onlyA, onlyB }: Pick<PairedCounts, 'onlyA' | 'onlyB'>): number {
  const n = onlyA + onlyB;
  const smaller = Math.min(onlyA, onlyB);
  let logTerm = -n * Math.LN2;
  for (let i = 1; i <= smaller; i++) logTerm += Math.log((n - smaller + i) / i);
  let term = Math.exp(logTerm);
  let tail = 0;
  for (let k = smaller; k >= 0; k--) {
    tail += term;
    term *= k / (n - k + 1);
  }
  return Math.min(1, 2 * tail);
}

/**
 * 95 % score interval of the difference of two proportions that were measured on the same examples,
 * a's less b's. It is not degenerate where few examples or none divide the models, and leaves out 0
 * where McNemar's test (by χ²) finds them different.
 * Tango, "Equivalence test and confidence interval for the difference in proportions for the
 * paired-sample design" (1998).
 */
export function pairedInterval({ both, onlyA, onlyB, neither }: PairedCounts): DifferenceInterval {
  const n = both + onlyA + onlyB + neither;
  /** How many standard errors the difference is above `delta`, if that were the true one. */
  const score = (delta: number): number => {
    const b = (2 * n - onlyA + onlyB) * delta - onlyA - onlyB;
    const c = -onlyB * delta * (1 - delta);
    const share = (Math.sqrt(Math.max(0, b ** 2 - 8 * n * c)) - b) / (4 * n);
    const variance = n * (2 * share + delta * (1 - delta));
    const distance = onlyA - onlyB - n * delta;
    return distance === 0 ? 0 : distance / Math.sqrt(Math.max(variance, Number.MIN_VALUE));
  };
  const found = (onlyA - onlyB) / n;
  return {
    level: 0.95,
    lower: crossing((delta) => score(delta) - z, -1, found),
    upper: crossing((delta) => score(delta) + z, found, 1),
  };
}

/** Where a falling function is 0, to the last bit. */
function crossing(f: (x: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (f(middle) > 0) low = middle;
    else high = middle;
  }
}

/** Two shares of the same examples, with both of the above. */
export function differenceOfPairs(counts: PairedCounts): Difference & { pValue: number } {
  const { both, onlyA, onlyB, neither } = counts;
  const n = both + onlyA + onlyB + neither;
  return {
    ...{ a: (both + onlyA) / n, b: (both + onlyB) / n, difference: (onlyA - onlyB) / n },
    ...{ interval: pairedInterval(counts), pValue: exactMcNemar(counts) },
  };
}
