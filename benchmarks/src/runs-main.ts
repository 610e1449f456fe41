import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readEnvironment } from '@atelier/environment';
import { command, type Flags, print, writeResult } from './command.ts';
import { markdownTable, updateDocument } from './generated-section.ts';
import { describeMachine, formatMachine, type Machine } from './machine.ts';
import { measureRuns, type RunsResult } from './runs.ts';

await command(run);

/** Measures how long a list of 10,000 runs takes. */
async function run({ smoke }: Flags): Promise<void> {
  const { workspace } = readEnvironment();
  const recorded = path.join(workspace, 'packages/pipeline/test/recorded/default/run.json');
  const record = JSON.parse(await readFile(recorded, 'utf8'));
  const [runs, repetitions] = smoke ? [200, 2] : [10_000, 7];
  const result = await measureRuns(workspace, record, runs, repetitions, print);
  const machine = describeMachine({});
  const date = new Date().toISOString();
  const text = format(result, machine, date);
  print(`\n${text}`);
  if (smoke) return;
  await writeResult('runs', { schemaVersion: 1, date, machine, ...result });
  await updateDocument('runs', text);
}

function format(result: RunsResult, machine: Machine, date: string): string {
  const rows = result.listings.map(({ what, median, longest }) => [
    what,
    `${median.toFixed(0)} ms`,
    `${longest.toFixed(0)} ms`,
  ]);
  const rebuilt = `${result.secondsToRebuild.toFixed(1)} s`;
  return [
    `${result.runs.toLocaleString('en')} runs of a year, ${date.slice(0, 10)}, ${formatMachine(machine)}:`,
    markdownTable(
      ['what', 'median', 'longest'],
      [...rows, ['the index anew, from every record', rebuilt, '']],
    ),
  ].join('\n\n');
}
