import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { WorldError } from '@atelier/errors';
import { xlaFlags } from '@atelier/tensorflow';
import { Contender, type Program, type Work } from './contender.ts';
import { isComplete, pythonEnvironment } from './python-environment.ts';

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url));
export const node = (file: string, variant: string): Program => ({
  command: process.execPath,
  arguments: ['--import', 'tsx', pathOf(file)],
  variant,
});
export const python = (file: string, variant: string, environment = {}): Program => ({
  command: pythonEnvironment().interpreter,
  arguments: [pathOf(`../python/${file}`)],
  variant,
  environment,
});
const compilers = () => ({
  TORCHINDUCTOR_CACHE_DIR: path.join(pythonEnvironment().directory, 'inductor'),
  // Compiles in the process itself instead of in helpers that stay.
  TORCHINDUCTOR_COMPILE_THREADS: '1',
});

export interface Row {
  name: string;
  program: () => Program;
  /** What it needs beside Node and Atelier. */
  needs?: 'python' | 'python and g++';
  /** Makes only this share of the others' steps in a repetition, being slow. */
  share?: number;
}

/** Everything that is measured, in the order of the table. */
export const rows = {
  eager: { name: 'tfjs, eager', program: () => node('atelier-main.ts', 'eager'), share: 0.1 },
  compiled: { name: 'Atelier, compiled', program: () => node('atelier-main.ts', 'compiled') },
  plain: {
    name: 'Atelier, compiled, without augmentation',
    program: () => node('atelier-main.ts', 'plain'),
  },
  pytorch: {
    name: 'PyTorch, eager',
    program: () => python('pytorch.py', 'eager'),
    needs: 'python',
  },
  torchCompile: {
    name: 'PyTorch, torch.compile',
    program: () => python('pytorch.py', 'compile', compilers()),
    needs: 'python and g++',
  },
  jax: {
    name: 'JAX, jit and scan',
    program: () => python('jax_scan.py', 'threefry'),
    needs: 'python',
  },
  jaxHash: {
    name: 'JAX, with the counter hash',
    program: () => python('jax_scan.py', 'hash'),
    needs: 'python',
  },
  jaxHashOurFlags: {
    name: "JAX, with the counter hash and Atelier's flags",
    program: () => python('jax_scan.py', 'hash', { XLA_FLAGS: xlaFlags().join(' ') }),
    needs: 'python',
  },
  floor: { name: 'the matrix products alone', program: () => node('floor-main.ts', 'floor') },
} satisfies Record<string, Row>;

export type RowKey = keyof typeof rows;

/** Why a row cannot be measured on this machine; undefined where it can. */
export function obstacle({ needs }: Row): string | undefined {
  if (needs === undefined) return undefined;
  if (!isComplete(pythonEnvironment()))
    return 'the Python environment is missing; `nx run benchmarks:setup` makes it';
  if (needs === 'python and g++' && spawnSync('g++', ['--version']).status !== 0)
    return 'there is no g++, which torch.compile needs';
  return undefined;
}

/** What is compared with may be missing or broken on this machine; Atelier itself may not. */
export async function startOrSkip(row: Row, work: Work): Promise<Contender | { skipped: string }> {
  const reason = obstacle(row);
  if (reason !== undefined) return { skipped: reason };
  try {
    return await Contender.start(row.name, row.program(), work);
  } catch (error) {
    if (row.needs === undefined || !(error instanceof WorldError)) throw error;
    return { skipped: error.message.trim().split('\n').at(-1)! };
  }
}
