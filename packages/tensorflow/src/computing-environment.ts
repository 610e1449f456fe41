import { z } from 'zod';

/** What a computation ran on. A field that is added later is optional: old records lack it. */
export const environmentSchema = z.object({
  node: z.string(),
  tfjs: z.string(),
  tensorflow: z.string(),
  device: z.enum(['cpu', 'gpu']),
  deviceName: z.string(),
  cpuFeatures: z.array(z.string()),
  cores: z.int().min(0),
  /** How many one operation may use: what was applied, not what was asked for. */
  threads: z.int().min(0),
  /** e.g. linux-x64 */
  platform: z.string(),
});

export type Environment = z.infer<typeof environmentSchema>;

/**
 * What may decide the bits of a result. Threads do outside batches of 64 to 512; the number of
 * cores is left out, as it decides none (docs/decisions/0009-xla-flags.md).
 */
const names = {
  tensorflow: 'TensorFlow',
  tfjs: 'tfjs',
  node: 'Node',
  device: 'device',
  deviceName: 'device name',
  cpuFeatures: 'CPU features',
  threads: 'threads',
  platform: 'platform',
} as const satisfies Partial<Record<keyof Environment, string>>;

/** How one environment differs from another, in words; where it is empty, bits are the same on both. */
export function environmentChanges(before: Environment, after: Environment): string[] {
  const text = (value: string | number | string[]): string =>
    Array.isArray(value) ? value.join(' ') || 'none' : String(value);
  return Object.entries(names).flatMap(([key, name]) => {
    const [old, now] = [before, after].map((it) => text(it[key as keyof typeof names]));
    return old === now ? [] : [`${name} ${old} → ${now}`];
  });
}
