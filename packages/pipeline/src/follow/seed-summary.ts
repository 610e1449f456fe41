import colors from 'picocolors';
import type { RunResult } from '../contract.ts';
import { percent } from './format.ts';
import { type Spread, spreadOf } from './spread.ts';

export interface SeedResult {
  seed: number;
  result: RunResult;
}

/** What all seeds together say of a configuration. */
export interface SeedSummary {
  validationAccuracy: Spread;
  testAccuracy: Spread;
}

/** @param results at least one */
export function summariseSeeds(results: readonly SeedResult[]): SeedSummary {
  const of = (key: keyof SeedSummary): Spread => spreadOf(results.map(({ result }) => result[key]));
  return { validationAccuracy: of('validationAccuracy'), testAccuracy: of('testAccuracy') };
}

/** One line a seed, then mean ± sample standard deviation. */
export function seedTable(results: readonly SeedResult[]): string[] {
  const row = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(12) : cell.padStart(18))).join('');
  const summary = summariseSeeds(results);
  const header = row(['seed', 'best epoch', 'validation', 'test']);
  const last = row([
    'mean ± sd',
    '',
    plusMinus(summary.validationAccuracy),
    plusMinus(summary.testAccuracy),
  ]);
  return [
    colors.bold(header),
    ...results.map(({ seed, result }) =>
      row([
        String(seed),
        String(result.bestEpoch),
        percent(result.validationAccuracy),
        percent(result.testAccuracy),
      ]),
    ),
    ...(results.length > 1 ? [colors.bold(last)] : []),
  ];
}

const plusMinus = ({ mean, sd }: Spread): string =>
  `${(100 * mean).toFixed(2)} ± ${(100 * (sd ?? 0)).toFixed(2)} %`;
