import { comparedMetrics, type Difference, pValueText, scopes } from '@atelier/evaluate/comparison';
import type { RunComparison } from '@atelier/report/comparison';
import { type Column, labelledLines, tableLines } from '../terminal/table.ts';
import { metricText, wrap } from '../terminal/text.ts';

/** @param available characters that a line has room for */
export function comparisonLines(comparison: RunComparison, available: number): string[] {
  const { a, b, examples, verdict, counts, about } = comparison;
  const sides = labelledLines(
    [['A', sideText(a)] as const, ['B', sideText(b)] as const],
    available,
  );
  return [
    ...[verdict, scopes[about]].flatMap((text) => wrap(text, available).split('\n')),
    '',
    ...sides.flat().flatMap((line) => wrap(line, available).split('\n')),
    ...wrap(`  ${sharedText(comparison)}`, available).split('\n'),
    '',
    'What differs:',
    ...differingLines(comparison, available),
    '',
    `Test metrics, on ${examples.toLocaleString('en')} images:`,
    ...indented(tableLines(metricColumns, comparedMetrics(comparison), available - 2)),
    '',
    'Recall of each class; p allows for looking at all of them (Holm):',
    ...indented(tableLines(recallColumns, comparison.classes, available - 2)),
    '',
    'F1 of each class:',
    ...indented(tableLines(f1Columns, comparison.classes, available - 2)),
    '',
    `Right: both ${counts.both}, only A ${counts.onlyA}, only B ${counts.onlyB}, neither ${counts.neither}${about === 'models' ? '' : ' (by most runs of a side)'}`,
  ];
}

function sideText(side: RunComparison['a']): string {
  const [first] = side;
  if (side.length === 1) return `${first!.run}, seed ${first!.seed}`;
  return `${side.length} runs: ${side.map(({ run, seed }) => `${run} (seed ${seed})`).join(', ')}`;
}

function sharedText({ a, b, examples, dataset }: RunComparison): string {
  const sizes = [...new Set([...a, ...b].map((run) => run.examples))];
  const all = sizes.length === 1 && sizes[0] === examples;
  const count = examples.toLocaleString('en');
  return all
    ? `tested on the same ${count} images of ${dataset}`
    : `tested on different splits of ${dataset}: compared on the ${count} test images that all have`;
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

interface DifferingRow {
  name: string;
  a: string;
  b: string;
}

const differingColumns: Column<DifferingRow>[] = [
  { header: '', cell: ({ name }) => name },
  { header: 'A', cell: ({ a }) => a, shrinksTo: 12 },
  { header: 'B', cell: ({ b }) => b, shrinksTo: 12 },
];

function differingLines({ differs }: RunComparison, available: number): string[] {
  const { configuration, data, environment } = differs;
  const rows = [
    ...configuration,
    ...data.map((row) => ({ ...row, name: `data: ${row.name}` })),
    ...environment.map((row) => ({ ...row, name: `environment: ${row.name}` })),
  ];
  if (rows.length === 0) return ['  nothing that was recorded'];
  return indented(tableLines(differingColumns, rows, available - 2));
}

type MetricRow = ReturnType<typeof comparedMetrics>[number];

const signed = (value: number, text: string): string =>
  `${Number(text) === 0 ? '±' : value < 0 ? '−' : '+'}${text}`;

/** A difference of shares in points, of other numbers as it is. */
const differenceText = (value: number, format: MetricRow['format']): string =>
  signed(
    value,
    (format === 'percent' ? 100 * Math.abs(value) : Math.abs(value)).toFixed(digits(format)),
  );

const digits = (format: MetricRow['format']): number => (format === 'percent' ? 2 : 4);

const intervalText = ({ interval }: Difference, format: MetricRow['format']): string =>
  `${differenceText(interval.lower, format)} to ${differenceText(interval.upper, format)}`;

const metricColumns: Column<MetricRow>[] = [
  { header: 'metric', cell: ({ label }) => label },
  { header: 'A', cell: ({ a, format }) => metricText(format, a), align: 'right' },
  { header: 'B', cell: ({ b, format }) => metricText(format, b), align: 'right' },
  {
    header: 'A − B',
    cell: ({ difference, format }) => differenceText(difference, format),
    align: 'right',
  },
  { header: '95 % interval', cell: (row) => intervalText(row, row.format), align: 'right' },
  {
    header: 'p',
    cell: ({ pValue }) => (pValue === undefined ? '' : pValueText(pValue)),
    leaveOut: 1,
  },
];

type ClassRow = RunComparison['classes'][number];

const share = (value: number | undefined): string =>
  value === undefined ? '-' : metricText('percent', value);

const nameColumn: Column<ClassRow> = {
  header: 'class',
  cell: ({ name }) => name,
  shrinksTo: 10,
};

const valueColumns = (of: (row: ClassRow) => Difference | undefined): Column<ClassRow>[] => [
  { header: 'A', cell: (row) => share(of(row)?.a), align: 'right' },
  { header: 'B', cell: (row) => share(of(row)?.b), align: 'right' },
  {
    header: 'A − B',
    cell: (row) => shown(of(row), ({ difference }) => differenceText(difference, 'percent')),
    align: 'right',
  },
  {
    header: '95 % interval',
    cell: (row) => shown(of(row), (value) => intervalText(value, 'percent')),
    align: 'right',
  },
];

const shown = (value: Difference | undefined, text: (value: Difference) => string): string =>
  value === undefined ? '-' : text(value);

const recallColumns: Column<ClassRow>[] = [
  nameColumn,
  { header: 'images', cell: ({ support }) => String(support), align: 'right', leaveOut: 2 },
  ...valueColumns(({ recall }) => recall),
  {
    header: 'p',
    cell: ({ adjustedPValue: p }) => (p === undefined ? '' : pValueText(p)),
    leaveOut: 1,
  },
  { header: '', cell: ({ change }) => (change === 'same' ? '' : change) },
];

const f1Columns: Column<ClassRow>[] = [nameColumn, ...valueColumns(({ f1 }) => f1)];
