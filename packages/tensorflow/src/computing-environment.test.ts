import { expect, test } from 'vitest';
import { type Environment, environmentChanges } from './computing-environment.ts';

const here: Environment = {
  node: '20.20.0',
  tfjs: '4.22.0',
  tensorflow: '2.21.0',
  device: 'cpu',
  deviceName: 'AMD EPYC 9B14',
  cpuFeatures: ['avx2', 'fma'],
  cores: 2,
  threads: 2,
  platform: 'linux-x64',
};

test('an environment is like itself, on however many cores', () => {
  expect(environmentChanges(here, { ...here, cores: 64 })).toEqual([]);
});

test('what may change the bits is named, before and after', () => {
  const there = { ...here, tensorflow: '2.22.0', cpuFeatures: [], threads: 1 };
  expect(environmentChanges(here, there)).toEqual([
    'TensorFlow 2.21.0 → 2.22.0',
    'CPU features avx2 fma → none',
    'threads 2 → 1',
  ]);
});
