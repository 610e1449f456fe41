import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError, WorldError } from '@atelier/errors';
import { command, type Flags, print, withFolder, writeResult } from './command.ts';
import type { Ready, Versions } from './contender.ts';
import { type NetworkKey, networks } from './framework-networks.ts';
import {
  checkLosses,
  type FrameworkKey,
  type FrameworksResult,
  formatFrameworks,
  frameworkRow,
  functionsRow,
} from './framework-result.ts';
import { frameworkWork, writeFrameworkData } from './framework-work.ts';
import { updateDocument } from './generated-section.ts';
import { describeMachine } from './machine.ts';
import type { ManyFunctions } from './many-functions-main.ts';
import { measureRows } from './measure-rows.ts';
import { node, python, type Row } from './rows.ts';

const threads = availableParallelism();
const functionsMain = fileURLToPath(new URL('many-functions-main.ts', import.meta.url));

await command((flags) => withFolder((folder) => frameworks(folder, flags)));

/**
 * Measures training steps of four networks as users write them in five ways, and what many compiled
 * functions cost.
 */
async function frameworks(folder: string, { smoke, only }: Flags): Promise<void> {
  const [seconds, repetitions, count] = smoke ? [0.02, 1, 5] : [0.7, 7, 200];
  const measured: FrameworksResult['networks'] = [];
  const versions: Versions = {};
  for (const key of chooseNetworks(only)) {
    print(networks[key].title);
    const directory = path.join(folder, key);
    await mkdir(directory);
    const work = frameworkWork(key, { threads, directory, secondsOfRepetition: seconds });
    await writeFrameworkData(work);
    const ready = new Map<FrameworkKey, Ready>();
    const found = await measureRows(
      rowsOf(directory),
      () => work,
      repetitions,
      (contenders) => {
        for (const [row, contender] of contenders) ready.set(row, contender.ready);
        const losses = [...contenders.values()].map((it) => [it.name, it.ready.losses!] as const);
        checkLosses(networks[key].title, new Map(losses));
      },
    );
    Object.assign(versions, found.versions);
    const rows = found.measured.map((row) => frameworkRow(row, ready.get(row.key)));
    measured.push({ title: networks[key].title, rows });
  }
  print(`${count} compiled functions`);
  const functions = [
    functionsRow('compile, by XLA', measureFunctions(count, 'xla')),
    functionsRow('compile, without XLA', measureFunctions(count, 'graph')),
  ];
  const [date, machine] = [new Date().toISOString(), describeMachine(versions)];
  const result: FrameworksResult = {
    ...{ schemaVersion: 1, date, machine, networks: measured, functions },
  };
  print(`\n${formatFrameworks(result)}`);
  if (smoke || only !== undefined) return;
  await writeResult('frameworks', result);
  await updateDocument('frameworks', formatFrameworks(result));
}

/** @param directory for what torch.compile keeps: it compiles anew every time */
function rowsOf(directory: string): [FrameworkKey, Row][] {
  const compilers = {
    TORCHINDUCTOR_CACHE_DIR: path.join(directory, 'inductor'),
    // Compiles in the process itself instead of in helpers that stay.
    TORCHINDUCTOR_COMPILE_THREADS: '1',
  };
  return [
    ['eager', { name: 'tfjs, eager', program: () => node('framework-main.ts', 'eager') }],
    ['jit', { name: 'tfjs, jit', program: () => node('framework-main.ts', 'jit') }],
    [
      'pytorch',
      { name: 'PyTorch, eager', program: () => python('frameworks.py', 'torch'), needs: 'python' },
    ],
    [
      'torchCompile',
      {
        name: 'PyTorch, torch.compile',
        program: () => python('frameworks.py', 'torchCompile', compilers),
        needs: 'python and g++',
      },
    ],
    ['jax', { name: 'JAX, jit', program: () => python('frameworks.py', 'jax'), needs: 'python' }],
  ];
}

function chooseNetworks(only: string[] | undefined): NetworkKey[] {
  const keys = Object.keys(networks) as NetworkKey[];
  const unknown = only?.find((key) => !Object.hasOwn(networks, key));
  if (unknown !== undefined)
    throw new UserError({
      what: 'There is no such network.',
      where: '--only',
      expected: `some of ${keys.join(',')}`,
      found: unknown,
    });
  return keys.filter((key) => only?.includes(key) ?? true);
}

/** In a process of its own, whose memory is looked at. */
function measureFunctions(count: number, variant: 'xla' | 'graph'): ManyFunctions {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', functionsMain, String(threads), String(count), variant],
    { encoding: 'utf8' },
  );
  if (status !== 0)
    throw new WorldError({ what: 'The functions could not be measured.', found: stderr.trim() });
  return JSON.parse(stdout) as ManyFunctions;
}
