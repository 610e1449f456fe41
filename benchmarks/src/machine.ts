import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Versions } from './contender.ts';

/** What a measurement was made on. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  node: string;
  /** null where its rows were skipped. */
  tensorflow: string | null;
  torch: string | null;
  jax: string | null;
}

/** @param versions what the contenders said that they compute with */
export function describeMachine(versions: Versions): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    tensorflow: versions.tensorflow ?? null,
    torch: versions.torch ?? null,
    jax: versions.jax ?? null,
  };
}

export function formatMachine({ cpu, cores, memoryGiB, ...versions }: Machine): string {
  const libraries = Object.entries(versions)
    .filter(([, version]) => version !== null)
    .map(([name, version]) => `${name} ${version}`);
  return `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${memoryGiB} GiB; ${libraries.join(', ')}`;
}
