/** @param values at least one */
export const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
};

/** The sample's, with n - 1 in the denominator; 0 where there is one value. */
export function variance(values: ArrayLike<number>): number {
  const [n, centre] = [values.length, mean(values)];
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (values[i]! - centre) ** 2;
  return n < 2 ? 0 : sum / (n - 1);
}
