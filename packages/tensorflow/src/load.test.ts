import { matMul, ones } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { loadTensorFlow } from './index.ts';

test('ops of tfjs-core run on libtensorflow once it is loaded', () => {
  const tf = loadTensorFlow({ threads: 1 });
  expect(tf.getBackend()).toBe('tensorflow');
  expect([...matMul(ones([2, 3]), ones([3, 2])).dataSync()]).toEqual([3, 3, 3, 3]);
});
