export interface Summary {
  minimum: number;
  median: number;
  maximum: number;
  /** (maximum - minimum) / median. */
  spread: number;
}

/** @param values at least one */
export function summarise(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  const [minimum, maximum] = [sorted[0]!, sorted.at(-1)!];
  return { minimum, median, maximum, spread: (maximum - minimum) / median };
}
