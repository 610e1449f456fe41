import { mean, variance } from '../sample.ts';
import type { DifferenceInterval } from './schema.ts';
import { tQuantile, tTestPValue } from './student-t.ts';

interface DifferenceOverSeeds {
  a: number;
  b: number;
  difference: number;
  interval: DifferenceInterval;
  /** Two-sided, of no difference. */
  pValue: number;
}

/**
 * The difference of two ways of training, each known by several runs, on the same examples. Runs
 * and examples are both drawn from more that there could be, so that both add to the variance; it is
 * estimated from a two-way analysis of variance, and the interval is Student's, with Satterthwaite's
 * degrees of freedom: few runs make it wide.
 * Obuchowski & Rockette, "Hypothesis testing of diagnostic accuracy for multiple readers and multiple
 * tests" (1995), with runs for readers; Hillis, "A comparison of denominator degrees of freedom
 * methods for multiple observer ROC analysis" (2007).
 * @param a for each run, at least two of them, [n] whether it is right, as 1 or 0
 * @param b the same of the other side; where `paired`, its runs in the order of a's
 */
export function differenceOverSeeds(
  a: readonly Uint8Array[],
  b: readonly Uint8Array[],
  paired: boolean,
): DifferenceOverSeeds {
  const n = a[0]!.length;
  const columns = (side: readonly Uint8Array[]) => side.map((hits) => Float64Array.from(hits));
  const less = paired ? columns(a).map((own, run) => own.map((hit, i) => hit - b[run]![i]!)) : [];
  const sides = paired ? [less] : [columns(a), columns(b)];
  const [meanA, meanB] = [a, b].map((side) => mean(side.map((hits) => mean(hits)))) as [
    number,
    number,
  ];
  const averages = [a, b].map((side) =>
    Float64Array.from({ length: n }, (_, i) => mean(side.map((hits) => hits[i]!))),
  );
  const byExample = averages[0]!.map((own, i) => own - averages[1]![i]!);
  // Both of examples and of runs there is their interaction, which must count once.
  const examples = variance(byExample) / n;
  const seeds = sides.map((side) => ({
    runs: side.length,
    between: variance(side.map((values) => mean(values))) / side.length,
    interaction: interactionVariance(side) / (side.length * n),
  }));
  const more = seeds.map(({ between, interaction }) => Math.max(0, between - interaction));
  const total = examples + more.reduce((sum, value) => sum + value, 0);
  const spread =
    examples ** 2 / Math.max(1, n - 1) +
    seeds.reduce((sum, { between, runs }) => sum + between ** 2 / (runs - 1), 0);
  const df = spread === 0 ? Math.max(1, n - 1) : Math.max(1, total ** 2 / spread);
  const [difference, error] = [meanA - meanB, Math.sqrt(total)];
  const margin = error * tQuantile(df);
  return {
    ...{ a: meanA, b: meanB, difference },
    interval: {
      level: 0.95,
      lower: Math.max(-1, difference - margin),
      upper: Math.min(1, difference + margin),
    },
    pValue: error === 0 ? (difference === 0 ? 1 : 0) : tTestPValue(difference / error, df),
  };
}

/** What is left of [runs][n] once the means of runs and of examples are taken away. */
function interactionVariance(values: readonly Float64Array[]): number {
  const [runs, n] = [values.length, values[0]!.length];
  if (n < 2) return 0;
  const rows = values.map((row) => mean(row));
  const all = mean(rows);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const column = mean(values.map((row) => row[i]!));
    for (const [run, row] of values.entries()) sum += (row[i]! - rows[run]! - column + all) ** 2;
  }
  return sum / ((runs - 1) * (n - 1));
}
