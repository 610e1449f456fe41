import type { EpochRecord } from '@atelier/train/epochs';
import { command, type Flags, print, withFolder, writeResult } from './command.ts';
import { type FullRun, fullRun, prepareSplits } from './full-run.ts';
import { markdownTable, updateDocument } from './generated-section.ts';
import { describeMachine, formatMachine, type Machine } from './machine.ts';

await command((flags) => withFolder((folder) => run(folder, flags)));

/** Measures a default training run on Fashion-MNIST from start to end. */
async function run(folder: string, { smoke }: Flags): Promise<void> {
  const splits = await prepareSplits(folder);
  const epochs = smoke ? 2 : 120;
  const onEpoch = ({ epoch, validationAccuracy, seconds }: EpochRecord) =>
    print(`epoch ${epoch} of ${epochs}: ${percent(validationAccuracy)}, ${seconds.toFixed(2)} s`);
  const { tensorflow, ...measured } = await fullRun(folder, splits, epochs, onEpoch);
  const machine = describeMachine({ tensorflow });
  const date = new Date().toISOString();
  const text = format(measured, machine, date);
  print(`\n${text}`);
  if (smoke) return;
  await writeResult('run', { schemaVersion: 1, date, machine, ...measured });
  await updateDocument('run', text);
}

function format(run: Omit<FullRun, 'tensorflow'>, machine: Machine, date: string): string {
  const rows = [
    ['start to first steps', `${run.secondsToFirstStep.toFixed(1)} s`],
    [`${run.epochs} epochs, from start to end`, `${run.secondsOfTraining.toFixed(1)} s`],
    ["the trainer's largest memory", run.peakMiB === null ? 'unknown' : `${run.peakMiB} MiB`],
    ['selected epoch', String(run.bestEpoch)],
    ['its validation accuracy', percent(run.validationAccuracy)],
    ['its test accuracy', percent(run.testAccuracy)],
  ];
  return [
    `Seed ${run.seed}, ${date.slice(0, 10)}, ${formatMachine(machine)}:`,
    markdownTable(['what', 'measured'], rows),
  ].join('\n\n');
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}
