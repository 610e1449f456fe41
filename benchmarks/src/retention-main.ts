import { command, type Flags, print, writeResult } from './command.ts';
import { markdownTable, updateDocument } from './generated-section.ts';
import { describeMachine, formatMachine, type Machine } from './machine.ts';
import { measureRetention, type RetentionResult } from './retention.ts';

await command(run);

/** Measures a sweep of a hundred thousand objects. */
async function run({ smoke }: Flags): Promise<void> {
  const result = await measureRetention(smoke ? 5_000 : 100_000, print);
  const machine = describeMachine({});
  const date = new Date().toISOString();
  const text = format(result, machine, date);
  print(`\n${text}`);
  if (smoke) return;
  await writeResult('retention', { schemaVersion: 1, date, machine, ...result });
  await updateDocument('retention', text);
}

function format(result: RetentionResult, machine: Machine, date: string): string {
  const { objects, runs, removed, markSeconds, sweepSeconds, peakBytes } = result;
  const count = (value: number): string => value.toLocaleString('en');
  return [
    `${count(objects)} objects of ${count(runs)} nights, ${date.slice(0, 10)}, ${formatMachine(machine)}:`,
    markdownTable(
      ['what', 'measured'],
      [
        ['the mark: all records read once', `${markSeconds.toFixed(1)} s`],
        [`the sweep: two marks, ${count(removed)} objects removed`, `${sweepSeconds.toFixed(1)} s`],
        ['memory of the process at most', `${(peakBytes / 1e6).toFixed(0)} MB`],
      ],
    ),
  ].join('\n\n');
}
