import { uniforms } from '@atelier/random';
import type { Predictions } from '../predictions.ts';
import { type ResampledMeasures, type ResampledMetric, weighted } from './resampled-measures.ts';
import type { Difference } from './schema.ts';

/** Resamplings: the bounds of a 95 % interval then move by a twentieth of a standard error. */
const replicates = 2000;

/** Name the streams of random numbers, of which every comparison takes the same. */
const streams = { examples: 0x424f4f54, runsOfA: 0x52554e41, runsOfB: 0x52554e42 };

type Values = Record<ResampledMetric, Difference> & { f1: Difference[] };

/**
 * The differences of measures that have no formula of their own, with percentile intervals by a
 * paired bootstrap: both sides are measured on the same drawn examples. Where there are several
 * runs, these are drawn as well, by themselves, since every run has answered every example.
 * Efron & Tibshirani, "An introduction to the bootstrap" (1993), chapter 13; Owen, "The pigeonhole
 * bootstrap" (2007), which errs on the wide side.
 * @param a of each run, on the same examples in the same order
 * @param paired whether the runs of b are in the order of a's, and are drawn together with them
 */
export function bootstrapDifferences(
  a: readonly Predictions[],
  b: readonly Predictions[],
  paired: boolean,
): Values {
  const n = a[0]!.labels.length;
  const sides = [a, b].map((side) => side.map(weighted));
  const once = new Uint16Array(n).fill(1);
  const found = sides.map((side) => flatMean(side.map((run) => flat(run(once)))));
  const differences = found[0]!.map(() => new Float64Array(replicates));
  for (let r = 0; r < replicates; r++) {
    const draws = new Uint16Array(n);
    const drawn = uniforms(n, streams.examples, r);
    for (let i = 0; i < n; i++) draws[Math.floor(drawn[i]! * n)]! += 1;
    const runsOfA = drawRuns(a.length, streams.runsOfA, r);
    const runsOfB = paired ? runsOfA : drawRuns(b.length, streams.runsOfB, r);
    const [ofA, ofB] = [runsOfA, runsOfB].map((runs, side) => {
      const measured = new Map([...new Set(runs)].map((run) => [run, sides[side]![run]!(draws)]));
      return flatMean(runs.map((run) => flat(measured.get(run)!)));
    });
    for (const [i, values] of differences.entries()) values[r] = ofA![i]! - ofB![i]!;
  }
  const compared = differences.map((values, i): Difference => {
    const [ofA, ofB] = [found[0]![i]!, found[1]![i]!];
    values.sort();
    const interval = {
      level: 0.95,
      lower: quantile(values, 0.025),
      upper: quantile(values, 0.975),
    };
    return { a: ofA, b: ofB, difference: ofA - ofB, interval };
  });
  const [macroF1, logLoss, brierScore, calibrationError, ...f1] = compared;
  return {
    ...{ macroF1: macroF1!, logLoss: logLoss!, brierScore: brierScore! },
    ...{ calibrationError: calibrationError!, f1 },
  };
}

function drawRuns(count: number, stream: number, replicate: number): number[] {
  if (count === 1) return [0];
  return Array.from(uniforms(count, stream, replicate), (u) => Math.floor(u * count));
}

const flat = (of: ResampledMeasures): number[] => [
  ...[of.macroF1, of.logLoss, of.brierScore, of.calibrationError],
  ...of.f1,
];

const flatMean = (rows: readonly number[][]): number[] =>
  rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);

/** Between the two nearest values, as numpy has it. @param sorted ascending */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return low + (at - below) * (high - low);
}
