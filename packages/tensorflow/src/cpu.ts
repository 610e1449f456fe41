import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Instruction sets that change what compiled arithmetic looks like, in /proc/cpuinfo's names. */
const arithmeticFeatures = [
  'avx',
  'avx2',
  'fma',
  'avx512f',
  'avx512_bf16',
  'amx_tile',
  'asimd',
  'sve',
];

/** The arithmetic features of this CPU; empty where the system does not tell. */
export function cpuFeatures(): string[] {
  const line = readCpuInfo().match(/^(?:flags|Features)\s*:(.*)$/m)?.[1] ?? '';
  const present = new Set(line.trim().split(/\s+/));
  return arithmeticFeatures.filter((feature) => present.has(feature));
}

/** The CPU's model as its maker calls it. */
export function cpuName(): string {
  return cpus()[0]?.model.trim() ?? 'unknown CPU';
}

function readCpuInfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}
