import type { OpTimes } from './convolution-ops-main.ts';
import { markdownTable } from './generated-section.ts';
import { formatMachine, type Machine } from './machine.ts';
import type { RowKey } from './rows.ts';
import type { Measured } from './speed-result.ts';
import { type Summary, summarise } from './statistics.ts';

interface StepRow {
  /** For people. */
  network: string;
  key: RowKey;
  name: string;
  /** Of a training step; null where the row was skipped. */
  milliseconds: Summary | null;
  skipped?: string;
}

interface OpRow {
  name: string;
  /** Milliseconds a call. */
  eager: Summary;
  compiled: Summary;
}

/** benchmarks/results/convolution.json */
export interface ConvolutionResult {
  schemaVersion: 1;
  date: string;
  machine: Machine;
  steps: StepRow[];
  ops: OpRow[];
}

export const stepRow = (network: string, { times, ...row }: Measured): StepRow => ({
  network,
  ...row,
  milliseconds: times.length === 0 ? null : summarise(times),
});

export const opRow = ({ name, eager, compiled }: OpTimes): OpRow => ({
  name,
  eager: summarise(eager),
  compiled: summarise(compiled),
});

/** The result as Markdown that reads well in a terminal, too. */
export function formatConvolution({ date, machine, steps, ops }: ConvolutionResult): string {
  const ratio = (network: string, { median }: Summary): string => {
    const compiled = steps.find((row) => row.network === network && row.key === 'compiled');
    return compiled?.milliseconds ? (median / compiled.milliseconds.median).toFixed(2) : '';
  };
  const stepCells = steps.map(({ network, name, milliseconds: ms }) =>
    ms === null
      ? [`${network}: ${name}`, 'skipped', '', '']
      : [`${network}: ${name}`, ms.minimum.toFixed(1), ms.median.toFixed(1), ratio(network, ms)],
  );
  const opCells = ops.map(({ name, eager, compiled: fast }) => [
    ...[name, eager.minimum.toFixed(2), eager.median.toFixed(2)],
    ...[fast.minimum.toFixed(2), fast.median.toFixed(2), (eager.minimum / fast.minimum).toFixed(2)],
  ]);
  const skipped = steps.flatMap(({ network, name, skipped: why }) =>
    why === undefined ? [] : [`Skipped: ${network}, ${name}: ${why}.`],
  );
  return [
    `Milliseconds per training step, ${date.slice(0, 10)}, ${formatMachine(machine)}:`,
    markdownTable(['how', 'minimum', 'median', 'median / compiled'], stepCells),
    ...skipped,
    'Milliseconds per call of one op, eagerly and in a compiled loop (m: minimum):',
    markdownTable(
      ['op', 'eager, m', 'eager, median', 'compiled, m', 'compiled, median', 'eager / compiled, m'],
      opCells,
    ),
  ].join('\n\n');
}
