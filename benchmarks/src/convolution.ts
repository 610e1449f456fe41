import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { WorldError } from '@atelier/errors';
import { command, type Flags, print, withFolder, writeResult } from './command.ts';
import { groups } from './convolution-cases.ts';
import type { OpTimes } from './convolution-ops-main.ts';
import { type ConvolutionResult, formatConvolution, opRow, stepRow } from './convolution-result.ts';
import { updateDocument } from './generated-section.ts';
import { describeMachine } from './machine.ts';
import { measureRows } from './measure-rows.ts';
import { type RowKey, rows } from './rows.ts';
import { cnnWorkload, writeData } from './workload.ts';

const threads = availableParallelism();
const keys: readonly RowKey[] = ['eager', 'compiled', 'pytorch', 'torchCompile'];
const opsMain = fileURLToPath(new URL('convolution-ops-main.ts', import.meta.url));

await command((flags) => withFolder((folder) => convolution(folder, flags)));

/** Measures the training step of a small convolutional network, and its ops one by one. */
async function convolution(directory: string, { smoke }: Flags): Promise<void> {
  await writeData(directory);
  const [count, repetitions] = smoke ? [3, 1] : [60, 7];
  const workOf = () => cnnWorkload({ steps: count, threads, directory });
  const chosen = keys.map((key) => [key, rows[key]] as const);
  const { measured, versions } = await measureRows(chosen, workOf, repetitions);
  const ops: ConvolutionResult['ops'] = [];
  for (const i of groups.keys()) {
    const times = measureOps(i, repetitions);
    ops.push(...times.map(opRow));
    for (const { name } of times) print(name);
  }
  const [date, machine] = [new Date().toISOString(), describeMachine(versions)];
  const result: ConvolutionResult = {
    schemaVersion: 1,
    date,
    machine,
    steps: measured.map(stepRow),
    ops,
  };
  print(`\n${formatConvolution(result)}`);
  if (smoke) return;
  await writeResult('convolution', result);
  await updateDocument('convolution', formatConvolution(result));
}

/** In a process of its own, which alone loads TensorFlow. */
function measureOps(group: number, count: number): OpTimes[] {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', opsMain, ...[threads, group, count].map(String)],
    { encoding: 'utf8' },
  );
  if (status !== 0)
    throw new WorldError({ what: 'The ops could not be measured.', found: stderr.trim() });
  return JSON.parse(stdout) as OpTimes[];
}
