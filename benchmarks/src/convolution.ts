import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { WorldError } from '@atelier/errors';
import { command, type Flags, print, withFolder, writeResult } from './command.ts';
import type { Versions } from './contender.ts';
import { groups } from './convolution-cases.ts';
import type { OpTimes } from './convolution-ops-main.ts';
import { type ConvolutionResult, formatConvolution, opRow, stepRow } from './convolution-result.ts';
import { updateDocument } from './generated-section.ts';
import { describeMachine } from './machine.ts';
import { measureRows } from './measure-rows.ts';
import { type RowKey, rows } from './rows.ts';
import { cnnWorkload, type Extent, recipeWorkload, writeData } from './workload.ts';

const threads = availableParallelism();
const keys: readonly RowKey[] = ['eager', 'compiled', 'pytorch', 'torchCompile'];

/** A recipe's own steps are longer: fewer of them. */
const networks = [
  { name: 'filters 32, 64', steps: 60, workOf: (extent: Extent) => cnnWorkload(extent) },
  { name: 'recipe cnn', steps: 15, workOf: (extent: Extent) => recipeWorkload(extent, 'cnn') },
  {
    name: 'recipe resnet',
    steps: 10,
    workOf: (extent: Extent) => recipeWorkload(extent, 'resnet'),
  },
] as const;
const opsMain = fileURLToPath(new URL('convolution-ops-main.ts', import.meta.url));

await command((flags) => withFolder((folder) => convolution(folder, flags)));

/** Measures the training steps of convolutional networks, and the ops of a small one one by one. */
async function convolution(directory: string, { smoke }: Flags): Promise<void> {
  await writeData(directory);
  const repetitions = smoke ? 1 : 7;
  const chosen = keys.map((key) => [key, rows[key]] as const);
  const steps: ConvolutionResult['steps'] = [];
  const versions: Versions = {};
  for (const { name, workOf, ...full } of networks) {
    const work = await workOf({ steps: smoke ? 3 : full.steps, threads, directory });
    const network = await measureRows(chosen, () => work, repetitions);
    steps.push(...network.measured.map((row) => stepRow(name, row)));
    Object.assign(versions, network.versions);
  }
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
    steps,
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
