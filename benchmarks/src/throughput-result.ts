import { markdownTable } from './generated-section.ts';
import { formatMachine, type Machine } from './machine.ts';
import { type Summary, summarise } from './statistics.ts';

interface ThroughputRow {
  trainers: number;
  /** Each trainer's. */
  threads: number;
  /** All trainers together. */
  stepsPerSecond: Summary;
}

/** benchmarks/results/throughput.json */
export interface ThroughputResult {
  schemaVersion: 1;
  date: string;
  machine: Machine;
  rows: ThroughputRow[];
}

/**
 * Trainers that run side by side, as if each went on without end.
 * @param times milliseconds per step, a list of the trainers for each repetition
 */
export function stepsPerSecond(times: readonly (readonly number[])[]): Summary {
  return summarise(times.map((trainers) => trainers.reduce((sum, ms) => sum + 1000 / ms, 0)));
}

export function formatThroughput({ date, machine, rows }: ThroughputResult): string {
  const header = ['trainers × threads', 'median steps/s', 'minimum', 'maximum', 'spread'];
  const lines = rows.map(({ trainers, threads, stepsPerSecond: { minimum, median, ...rest } }) => [
    `${trainers} × ${threads}`,
    median.toFixed(0),
    minimum.toFixed(0),
    rest.maximum.toFixed(0),
    `${(100 * rest.spread).toFixed(0)} %`,
  ]);
  return [
    `Steps per second of all trainers together, ${date.slice(0, 10)}, ${formatMachine(machine)}:`,
    markdownTable(header, lines),
  ].join('\n\n');
}
