import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { WorldError } from '@atelier/errors';
import { command, type Flags, print, withFolder, writeResult } from './command.ts';
import { Contender, type Versions } from './contender.ts';
import { groups } from './convolution-cases.ts';
import type { OpTimes } from './convolution-ops-main.ts';
import { type ConvolutionResult, formatConvolution, opRow } from './convolution-result.ts';
import { updateDocument } from './generated-section.ts';
import { interleave } from './interleave.ts';
import { describeMachine } from './machine.ts';
import { type RowKey, rows, startOrSkip } from './rows.ts';
import { summarise } from './statistics.ts';
import { cnnWorkload, writeData } from './workload.ts';

const threads = availableParallelism();
const keys: readonly RowKey[] = ['eager', 'compiled', 'pytorch', 'torchCompile'];
const opsMain = fileURLToPath(new URL('convolution-ops-main.ts', import.meta.url));

await command((flags) => withFolder((folder) => convolution(folder, flags)));

/** Measures the training step of a small convolutional network, and its ops one by one. */
async function convolution(directory: string, { smoke }: Flags): Promise<void> {
  await writeData(directory);
  const versions: Versions = {};
  const steps = await measureSteps(directory, smoke, versions);
  const ops: ConvolutionResult['ops'] = [];
  for (const i of groups.keys()) {
    const times = measureOps(i, smoke ? 1 : 7);
    ops.push(...times.map(opRow));
    for (const { name } of times) print(name);
  }
  const [date, machine] = [new Date().toISOString(), describeMachine(versions)];
  const result: ConvolutionResult = { schemaVersion: 1, date, machine, steps, ops };
  print(`\n${formatConvolution(result)}`);
  if (smoke) return;
  await writeResult('convolution', result);
  await updateDocument('convolution', formatConvolution(result));
}

async function measureSteps(
  directory: string,
  smoke: boolean,
  versions: Versions,
): Promise<ConvolutionResult['steps']> {
  const [steps, count] = smoke ? [3, 1] : [60, 7];
  const started: [RowKey, Awaited<ReturnType<typeof startOrSkip>>][] = [];
  const contenders = () =>
    started.flatMap(([, found]) => (found instanceof Contender ? [found] : []));
  try {
    for (const key of keys) {
      print(`starting: ${rows[key].name}`);
      const work = cnnWorkload({ steps, threads, directory });
      started.push([key, await startOrSkip(rows[key], work)]);
    }
    for (const contender of contenders()) Object.assign(versions, contender.versions);
    const onRound = (round: number) => print(round === 0 ? 'warming up' : `repetition ${round}`);
    const times = await interleave(contenders(), { count, onRound });
    return started.map(([key, found]) => {
      const { name } = rows[key];
      if (!(found instanceof Contender)) return { key, name, milliseconds: null, ...found };
      return { key, name, milliseconds: summarise(times[contenders().indexOf(found)]!) };
    });
  } finally {
    for (const contender of contenders()) await contender.stop();
  }
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
