import { expect, test } from 'vitest';
import { layerSizes, productOperations, workload } from './workload.ts';

const base = { steps: 1, threads: 1, directory: '' };

test('the default is the reference recipe', () => {
  const { network, recipe } = workload(base);
  expect(layerSizes(network)).toEqual([
    [784, 144],
    [144, 128],
    [128, 128],
    [128, 128],
    [128, 10],
  ]);
  expect(recipe).toMatchObject({ batchSize: 128, augmentation: { interpolation: 'nearest' } });
  expect(network).toMatchObject({ dropout: 0.3, dropoutAt: 'output' });
});

test('its fourteen products take 98 million operations a step', () => {
  expect(productOperations(workload(base))).toBe(
    2 * 128 * (2 * 784 * 144 + 3 * (144 * 128 + 128 * 128 + 128 * 128 + 128 * 10)),
  );
});

test('widths and batch can be others', () => {
  const { network, recipe } = workload(base, { batchSize: 32, widths: [8, 8, 8, 8] });
  expect(network.widths).toEqual([8, 8, 8, 8]);
  expect(recipe.batchSize).toBe(32);
});
