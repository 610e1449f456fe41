import colors from 'picocolors';
import type { RunResult } from '../contract.ts';
import { type Column, tableLines } from '../terminal/table.ts';
import { percent, plusMinus } from '../terminal/text.ts';

export interface SeedResult {
  seed: number;
  result: RunResult;
}

/** What repetitions of a measurement give together. */
export interface Spread {
  mean: number;
  /** The sample's standard deviation (n - 1 in the denominator); null for one value. */
  sd: number | null;
}

/** What all seeds together say about a configuration. */
export interface SeedSummary {
  validationAccuracy: Spread;
  testAccuracy: Spread;
}

/** @param values at least one */
export function spreadOf(values: readonly number[]): Spread {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { mean, sd: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (n - 1)) };
}

/** @param results at least one */
export function summariseSeeds(results: readonly SeedResult[]): SeedSummary {
  const of = (key: keyof SeedSummary): Spread => spreadOf(results.map(({ result }) => result[key]));
  return { validationAccuracy: of('validationAccuracy'), testAccuracy: of('testAccuracy') };
}

interface Row {
  seed: string;
  bestEpoch: string;
  validation: string;
  test: string;
}

const columns: Column<Row>[] = [
  { header: 'seed', cell: ({ seed }) => seed },
  { header: 'best epoch', cell: ({ bestEpoch }) => bestEpoch, align: 'right', leaveOut: 2 },
  { header: 'validation', cell: ({ validation }) => validation, align: 'right', leaveOut: 1 },
  { header: 'test', cell: ({ test }) => test, align: 'right' },
];

/** One line a seed, then mean ± sample standard deviation. */
export function seedTable(results: readonly SeedResult[], available: number): string[] {
  const rows = results.map(
    ({ seed, result }): Row => ({
      seed: String(seed),
      bestEpoch: String(result.bestEpoch),
      validation: percent(result.validationAccuracy),
      test: percent(result.testAccuracy),
    }),
  );
  if (results.length > 1) rows.push(summaryRow(summariseSeeds(results)));
  return tableLines(columns, rows, available).map((line, i, { length }) =>
    i === 0 || (results.length > 1 && i === length - 1) ? colors.bold(line) : line,
  );
}

const summaryRow = ({ validationAccuracy: validation, testAccuracy: test }: SeedSummary): Row => ({
  seed: 'mean ± sd',
  bestEpoch: '',
  validation: plusMinus(validation.mean, validation.sd ?? 0),
  test: plusMinus(test.mean, test.sd ?? 0),
});
