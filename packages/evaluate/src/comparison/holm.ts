/**
 * P values of several tests that are looked at together, raised so that the chance of one of them
 * being small by chance alone is what a single one's would be; undefined stays.
 * Holm, "A simple sequentially rejective multiple test procedure" (1979).
 */
export function holm(pValues: readonly (number | undefined)[]): (number | undefined)[] {
  const known = pValues.flatMap((p, i) => (p === undefined ? [] : [{ p, i }]));
  const adjusted = [...pValues];
  let highest = 0;
  for (const [rank, { p, i }] of known.sort((x, y) => x.p - y.p).entries()) {
    highest = Math.max(highest, Math.min(1, (known.length - rank) * p));
    adjusted[i] = highest;
  }
  return adjusted;
}
