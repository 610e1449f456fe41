import type { Environment } from '@atelier/tensorflow';

/**
 * What may decide the bits of a result. Numbers of cores and threads are left out: results do not
 * depend on them.
 */
const names = {
  tensorflow: 'TensorFlow',
  tfjs: 'tfjs',
  node: 'Node',
  device: 'device',
  deviceName: 'device name',
  cpuFeatures: 'CPU features',
  platform: 'platform',
} as const satisfies Partial<Record<keyof Environment, string>>;

/** How one environment differs from another, in words; empty where bits are the same on both. */
export function environmentChanges(before: Environment, after: Environment): string[] {
  const text = (value: string | string[]): string =>
    typeof value === 'string' ? value : value.join(' ') || 'none';
  return Object.entries(names).flatMap(([key, name]) => {
    const [old, now] = [before, after].map((it) => text(it[key as keyof typeof names]));
    return old === now ? [] : [`${name} ${old} → ${now}`];
  });
}
