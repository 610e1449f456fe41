import { markdownTable } from './generated-section.ts';
import { formatMachine, type Machine } from './machine.ts';
import type { RowKey } from './rows.ts';
import { type Summary, summarise } from './statistics.ts';

/** What was measured of one row: milliseconds per step, or why nothing. */
export interface Measured<K extends string = RowKey> {
  key: K;
  name: string;
  /** Empty where the row was skipped. */
  times: number[];
  skipped?: string;
}

/** What the compiled step is compared with. */
const others = {
  compiledVsPyTorchEager: 'pytorch',
  compiledVsTorchCompile: 'torchCompile',
  compiledVsJax: 'jax',
  compiledVsEager: 'eager',
  compiledVsFloor: 'floor',
} as const satisfies Record<string, RowKey>;

type Ratios = Record<keyof typeof others, number | null>;

/**
 * Other / compiled: above 1 the compiled step is the faster one.
 * @param medians milliseconds per step of the rows that were measured
 */
export function ratiosOf(medians: Partial<Record<RowKey, number>>): Ratios {
  const ratio = (other: RowKey): number | null => {
    const [a, b] = [medians[other], medians.compiled];
    return a === undefined || b === undefined ? null : a / b;
  };
  return Object.fromEntries(
    Object.entries(others).map(([name, other]) => [name, ratio(other)]),
  ) as Ratios;
}

interface SpeedRow {
  key: RowKey;
  name: string;
  /** In milliseconds per step; null where the row was skipped. */
  millisecondsPerStep: Summary | null;
  repetitions: number;
  skipped?: string;
}

/** benchmarks/results/speed.json */
export interface SpeedResult {
  schemaVersion: 1;
  /** When it was measured, ISO 8601. */
  date: string;
  machine: Machine;
  rows: SpeedRow[];
  ratios: Ratios;
}

export function speedResult(
  measured: readonly Measured[],
  { date, machine }: Pick<SpeedResult, 'date' | 'machine'>,
): SpeedResult {
  const rows = measured.map(({ key, name, times, skipped }): SpeedRow => {
    const millisecondsPerStep = times.length === 0 ? null : summarise(times);
    const reason = skipped === undefined ? {} : { skipped };
    return { key, name, millisecondsPerStep, repetitions: times.length, ...reason };
  });
  const medians = rows.flatMap(({ key, millisecondsPerStep: ms }) =>
    ms === null ? [] : [[key, ms.median] as const],
  );
  return { schemaVersion: 1, date, machine, rows, ratios: ratiosOf(Object.fromEntries(medians)) };
}

/** The result as Markdown that reads well in a terminal, too. */
export function formatSpeed({ date, machine, rows, ratios }: SpeedResult): string {
  const compiled = rows.find(({ key }) => key === 'compiled')?.millisecondsPerStep?.median;
  const cells = rows.map(({ name, millisecondsPerStep: ms, repetitions }) =>
    ms === null
      ? [name, 'skipped', '', '', '', '']
      : [
          name,
          ms.minimum.toFixed(3),
          ms.median.toFixed(3),
          `${(100 * ms.spread).toFixed(0)} %`,
          String(repetitions),
          compiled === undefined ? '' : (ms.median / compiled).toFixed(2),
        ],
  );
  const header = ['how', 'minimum', 'median', 'spread', 'repetitions', 'median / compiled'];
  const skipped = rows.flatMap((row) =>
    row.skipped === undefined ? [] : [`Skipped: ${row.name}: ${row.skipped}.`],
  );
  const compared = Object.entries(ratios).map(
    ([name, ratio]) => `- ${name}: ${ratio === null ? 'not measured' : ratio.toFixed(2)}`,
  );
  return [
    `Milliseconds per step, ${date.slice(0, 10)}, ${formatMachine(machine)}:`,
    markdownTable(header, cells),
    ...skipped,
    compared.join('\n'),
  ].join('\n\n');
}
