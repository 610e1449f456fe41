import { readEnvironment } from '@atelier/environment';
import { command, type Flags, print, withFolder, writeResult } from './command.ts';
import { markdownTable, updateDocument } from './generated-section.ts';
import { type StepTimes, stepTimes, type WholeRun, wholeRun } from './large-data.ts';
import { describeMachine, formatMachine, type Machine } from './machine.ts';

await command((flags) => withFolder((folder) => run(folder, flags)));

/** Measures a run on more pictures than memory should hold, and what streaming costs a step. */
async function run(folder: string, { smoke, pictures = 5_000_000 }: Flags): Promise<void> {
  const { workspace } = readEnvironment();
  const whole = await wholeRun(folder, workspace, pictures, print);
  const [fewer, repetitions] = smoke ? [20_000, 1] : [200_000, 5];
  const times = await stepTimes(folder, fewer, repetitions, print);
  const machine = describeMachine({});
  const date = new Date().toISOString();
  const text = format(whole, times, machine, date);
  print(`\n${text}`);
  if (smoke) return;
  await writeResult('large-data', { schemaVersion: 1, date, machine, whole, times });
  await updateDocument('large-data', text);
}

function format(whole: WholeRun, times: StepTimes, machine: Machine, date: string): string {
  const count = (value: number): string => value.toLocaleString('en');
  const megabytes = (bytes: number): string => `${count(Math.round(bytes / 1e6))} MB`;
  const milliseconds = (value: number): string => `${value.toFixed(2)} ms`;
  const row = (what: string, { minimum, median }: StepTimes['held']) => [
    ...[what, milliseconds(minimum), milliseconds(median)],
  ];
  return [
    `One epoch of the default network on ${count(whole.pictures)} pictures of 32 × 32, ${(whole.datasetBytes / 1e9).toFixed(1)} GB, ${date.slice(0, 10)}, ${formatMachine(machine)}: ${whole.seconds.toFixed(0)} s for the whole run, ${milliseconds(whole.millisecondsPerStep)} a step. What each process had resident at most:`,
    markdownTable(
      ['process', 'memory'],
      whole.peaks.map(({ what, peakBytes }) => [what, megabytes(peakBytes)]),
    ),
    `A step of the same training on ${count(times.pictures)} of them, in turns, ${times.repetitions} times each:`,
    markdownTable(
      ['images', 'minimum', 'median'],
      [row('held in memory', times.held), row('streamed from shards', times.streamed)],
    ),
  ].join('\n\n');
}
