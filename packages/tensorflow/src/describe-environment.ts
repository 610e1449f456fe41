import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import type { Environment } from './computing-environment.ts';
import { cpuFeatures, cpuName } from './cpu.ts';
import { type LoadOptions, loadOnce } from './load.ts';

interface NodeBackend {
  isUsingGpuDevice?: boolean;
  binding: { TF_Version: string };
}

/** Loads TensorFlow if this process has not yet, and says what it runs on. */
export function describeEnvironment(options: LoadOptions = {}): Environment {
  const { tf, threads } = loadOnce(options);
  const backend = tf.backend() as unknown as NodeBackend;
  const device = backend.isUsingGpuDevice === true ? 'gpu' : 'cpu';
  const tfjs = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu/package.json') as {
    version: string;
  };
  return {
    node: process.versions.node,
    tfjs: tfjs.version,
    tensorflow: backend.binding.TF_Version,
    device,
    deviceName: device === 'gpu' ? gpuName() : cpuName(),
    cpuFeatures: cpuFeatures(),
    cores: availableParallelism(),
    threads,
    platform: `${process.platform}-${process.arch}`,
  };
}

function gpuName(): string {
  try {
    return execFileSync('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], {
      encoding: 'utf8',
      timeout: 10_000,
    }).trim();
  } catch {
    return 'unknown GPU';
  }
}
