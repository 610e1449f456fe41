import { availableParallelism } from 'node:os';
import { UserError } from '@atelier/errors';
import { cpuFeatures } from './cpu.ts';

export interface NativeConfiguration {
  threads: number;
  ops: number;
  cudaDirectory: string | undefined;
  device?: 'cpu' | undefined;
}

const cpuFlags = [
  // Else max and min of a tensor pass over NaN, and a diverged training looks healthy.
  '--xla_cpu_enable_fast_min_max=false',
  // This pass drops optimization barriers before fusion, for which they are made.
  '--xla_disable_hlo_passes=cse_barrier_expander',
  // Kernels of this size gain nothing by unrolled loops, and take longer to compile.
  '--xla_backend_extra_options=xla_cpu_disable_loop_unrolling=true',
];

/**
 * What XLA is told by its environment variable, XLA_FLAGS (docs/decisions/0009-xla-flags.md).
 * @param cudaDirectory where a GPU's compiler lies; undefined for a CPU
 */
export function xlaFlags(cudaDirectory?: string): string[] {
  return [
    // XLA prefers 256-bit vectors even where wider ones are faster.
    ...(cpuFeatures().includes('avx512f') ? ['--xla_cpu_prefer_vector_width=512'] : []),
    ...(cudaDirectory === undefined ? cpuFlags : [`--xla_gpu_cuda_data_dir=${cudaDirectory}`]),
  ];
}

/**
 * libtensorflow takes these settings from the process environment alone, when it is loaded.
 * What a person has set stays.
 * @returns the number of threads that one operation then may use
 * @throws UserError where a person has set a number of threads that ends the process
 */
export function configureNativeLibrary({
  threads,
  ops,
  cudaDirectory,
  device,
}: NativeConfiguration): number {
  const environment = process.env;
  environment.TF_CPP_MIN_LOG_LEVEL ??= '2';
  environment.TF_NUM_INTRAOP_THREADS ??= String(threads);
  environment.TF_NUM_INTEROP_THREADS ??= String(ops);
  if (device === 'cpu') environment.CUDA_VISIBLE_DEVICES = '-1';
  environment.XLA_FLAGS = [...xlaFlags(cudaDirectory), environment.XLA_FLAGS ?? '']
    .join(' ')
    .trim();
  return threadsOf(environment.TF_NUM_INTRAOP_THREADS);
}

/** As libtensorflow reads it: 0 means every core, and so does what is no number; it aborts at a negative one. */
function threadsOf(setting: string): number {
  if (/^-\d+$/.test(setting.trim()))
    throw new UserError({
      what: 'TensorFlow cannot have so few threads.',
      where: 'the environment variable TF_NUM_INTRAOP_THREADS',
      expected: 'a number of threads, or 0 for every core',
      found: setting,
      remedy: 'set it otherwise, or not at all',
    });
  const threads = /^\d+$/.test(setting.trim()) ? Number(setting) : 0;
  return threads === 0 ? availableParallelism() : threads;
}
