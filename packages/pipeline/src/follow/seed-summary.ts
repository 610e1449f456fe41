import { mean, variance } from '@atelier/evaluate/sample';
import { listedResults } from '../searchable.ts';
import type { RunResult } from '../stages/index.ts';
import { bold, type Console } from '../terminal/console.ts';
import { type Column, tableLines } from '../terminal/table.ts';
import { metricCell, plusMinus } from '../terminal/text.ts';

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
export interface SeedSummary extends Record<string, Spread> {
  validationAccuracy: Spread;
  testAccuracy: Spread;
}

/** @param values at least one */
export function spreadOf(values: readonly number[]): Spread {
  return { mean: mean(values), sd: values.length < 2 ? null : Math.sqrt(variance(values)) };
}

/** @param results at least one */
export function summariseSeeds(results: readonly SeedResult[]): SeedSummary {
  const spreads = listedResults.flatMap(({ key }) => {
    const values = results.flatMap(({ result }) => result[key] ?? []);
    return values.length === 0 ? [] : [[key, spreadOf(values)]];
  });
  return Object.fromEntries(spreads) as SeedSummary;
}

interface Row {
  seed: string;
  bestEpoch: string;
  /** One for each of what seeds are compared by. */
  values: string[];
}

const columns: Column<Row>[] = [
  { header: 'seed', cell: ({ seed }) => seed },
  {
    header: 'best epoch',
    cell: ({ bestEpoch }) => bestEpoch,
    align: 'right',
    leaveOut: listedResults.length + 1,
  },
  ...listedResults.map(
    ({ column, key }, i): Column<Row> => ({
      header: column,
      cell: ({ values }) => values[i]!,
      align: 'right',
      // The test accuracy always stays, and the validation accuracy is the last to go.
      ...(key !== 'testAccuracy' && { leaveOut: 1 + i }),
    }),
  ),
];

/** Shows one line a seed, then mean ± sample standard deviation. */
export function showSeeds(results: readonly SeedResult[], console: Console): void {
  const lines = seedTable(results, console.columns);
  for (const [i, line] of lines.entries()) {
    const sumsUp = results.length > 1 && i === lines.length - 1;
    console.line(line, i === 0 || sumsUp ? bold : undefined);
  }
}

export function seedTable(results: readonly SeedResult[], available: number): string[] {
  const rows = results.map(
    ({ seed, result }): Row => ({
      seed: String(seed),
      bestEpoch: String(result.bestEpoch),
      values: listedResults.map(({ key, format }) => metricCell(format, result[key])),
    }),
  );
  if (results.length > 1) rows.push(summaryRow(summariseSeeds(results)));
  return tableLines(columns, rows, available);
}

const summaryRow = (summary: SeedSummary): Row => ({
  seed: 'mean ± sd',
  bestEpoch: '',
  values: listedResults.map(({ key, format }) => {
    const spread = summary[key];
    return spread === undefined ? '-' : plusMinus(spread.mean, spread.sd ?? 0, format);
  }),
});
