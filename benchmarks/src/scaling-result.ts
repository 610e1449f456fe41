import { markdownTable } from './generated-section.ts';
import { formatMachine, type Machine } from './machine.ts';

/** Medians in milliseconds per step; null where the row was skipped. */
export interface ScalingCell {
  batchSize: number;
  /** The width of every hidden layer. */
  width: number;
  compiled: number;
  floor: number;
  pytorch: number | null;
}

/** benchmarks/results/scaling.json */
export interface ScalingResult {
  schemaVersion: 1;
  date: string;
  machine: Machine;
  cells: ScalingCell[];
}

export const batchSizes = [32, 128, 512, 1024, 4096];
export const widths = [128, 256, 512, 1024, 2048];

/** What one repetition should take, at a pace that most machines exceed. */
const operationsPerRepetition = 5e10;

/** Steps of one repetition: enough to measure, not more than an epoch of the reference recipe. */
export function stepsFor(operationsPerStep: number): number {
  return Math.max(3, Math.min(468, Math.round(operationsPerRepetition / operationsPerStep)));
}

export function formatScaling({ date, machine, cells }: ScalingResult): string {
  const header = [
    'batch × width',
    'compiled',
    'products alone',
    'share of the floor',
    'PyTorch, eager',
    'PyTorch / compiled',
  ];
  const lines = cells.map(({ batchSize, width, compiled, floor, pytorch }) => [
    `${batchSize} × ${width}`,
    compiled.toFixed(3),
    floor.toFixed(3),
    (floor / compiled).toFixed(2),
    pytorch?.toFixed(3) ?? 'skipped',
    pytorch === null ? '' : (pytorch / compiled).toFixed(2),
  ]);
  return [
    `Median milliseconds per step, ${date.slice(0, 10)}, ${formatMachine(machine)}:`,
    markdownTable(header, lines),
  ].join('\n\n');
}
