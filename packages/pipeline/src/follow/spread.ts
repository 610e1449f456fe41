/** What repetitions of a measurement give together. */
export interface Spread {
  mean: number;
  /** The sample's standard deviation (n - 1 in the denominator); null for one value. */
  sd: number | null;
}

/** @param values at least one */
export function spreadOf(values: readonly number[]): Spread {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { mean, sd: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (n - 1)) };
}
