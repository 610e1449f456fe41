import { availableParallelism, totalmem } from 'node:os';

export interface TrainingMachine {
  device: 'cpu' | 'gpu';
  cores: number;
  /** Bytes that may be used. */
  memory: number;
}

/** More than the default run's trainer takes at its largest, see docs/benchmarks.md. */
const memoryOfTraining = 1.5 * 2 ** 30;

/**
 * Trainings of one thread each that a machine can hold at once. TensorFlow takes all of a GPU's
 * memory, so there it is one.
 */
export function trainingCapacity({ device, cores, memory }: TrainingMachine): number {
  if (device === 'gpu') return 1;
  return Math.max(1, Math.min(cores, Math.floor(memory / memoryOfTraining)));
}

export function thisMachine(device: 'cpu' | 'gpu'): TrainingMachine {
  return { device, cores: availableParallelism(), memory: machineMemory() };
}

/** Bytes that may be used here. */
export function machineMemory(): number {
  // A container may have less than the machine; 0 or a huge number means that it has not.
  const limit = process.constrainedMemory?.() || Number.POSITIVE_INFINITY;
  return Math.min(totalmem(), limit);
}
