import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { UserError } from '@atelier/errors';
import type * as TensorFlow from '@tensorflow/tfjs-core';
import { configureNativeLibrary } from './native-configuration.ts';

export interface LoadOptions {
  /** Threads that one operation may use; every core by default. TF_NUM_INTRAOP_THREADS wins. */
  threads?: number;
  /** Ops that run at the same time; as many as `threads` by default. TF_NUM_INTEROP_THREADS wins. */
  ops?: number;
  /** `cpu` keeps it from a GPU where there is one, and so from the memory that it would take there. */
  device?: 'cpu';
}

const require = createRequire(import.meta.url);

interface Loaded {
  tf: typeof TensorFlow;
  /** What the library was told, whoever told it. */
  threads: number;
}

let loaded: Loaded | undefined;

/**
 * Loads libtensorflow into this process and returns tfjs on the backend `tensorflow`. Ops
 * imported from `@tensorflow/tfjs-core` run on it from then on. Loading takes about a second and
 * about 300 MB, works in one thread of a process only, and later calls are free.
 * @throws UserError where the native addon has not been built
 */
export function loadTensorFlow(options: LoadOptions = {}): typeof TensorFlow {
  return loadOnce(options).tf;
}

/** As {@link loadTensorFlow}; what is loaded already keeps its threads. */
export function loadOnce({
  threads = availableParallelism(),
  ops = threads,
  device,
}: LoadOptions): Loaded {
  if (loaded !== undefined) return loaded;
  const packageFile = require.resolve('@tensorflow/tfjs-node-gpu/package.json');
  const cudaDirectory = cudaCompilerDirectory(packageFile);
  const applied = configureNativeLibrary({ threads, ops, cudaDirectory, device });
  restoreRemovedUtilities();
  try {
    loaded = { tf: require('@tensorflow/tfjs-node-gpu') as typeof TensorFlow, threads: applied };
    return loaded;
  } catch (error) {
    throw new UserError(
      {
        what: "TensorFlow's native addon does not load.",
        where: path.dirname(packageFile),
        found: error instanceof Error ? (error.message.split('\n')[0] as string) : String(error),
        remedy: 'run `npx nx run infra:provision`, which builds it, then `npx nx run infra:doctor`',
      },
      { cause: error },
    );
  }
}

/** Where XLA finds ptxas and libdevice, if the CUDA wheels are installed. */
function cudaCompilerDirectory(packageFile: string): string | undefined {
  const directory = path.join(path.dirname(packageFile), 'deps/nvidia/cuda_nvcc');
  return existsSync(directory) ? directory : undefined;
}

/** tfjs-node 4.22 calls functions of `node:util` that Node 23 removed. */
function restoreRemovedUtilities(): void {
  const util = require('node:util') as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
