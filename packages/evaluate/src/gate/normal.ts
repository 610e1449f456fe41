/** The standard normal distribution. */

/** The chance of a value above z: DLMF 7.6.2 near 0, the continued fraction 7.9.3 further out. */
export function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const density = Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI);
  if (z > 4) {
    let fraction = z;
    for (let i = 60; i > 0; i--) fraction = z + i / fraction;
    return density / fraction;
  }
  let [term, sum] = [z, z];
  for (let i = 3; term > 1e-17 * sum; i += 2) {
    term *= z ** 2 / i;
    sum += term;
  }
  return 0.5 - density * sum;
}
