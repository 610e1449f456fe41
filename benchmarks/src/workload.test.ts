import { expect, test } from 'vitest';
import { layerSizes, productOperations, recipeWorkload, workload } from './workload.ts';

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

test.each(['cnn', 'resnet'] as const)('the work of a recipe is what it says: %s', async (name) => {
  const { network, recipe } = await recipeWorkload(base, name);
  expect(network).toMatchObject({ architecture: name, activation: 'relu', classes: 10 });
  expect(recipe).toMatchObject({ batchSize: 128, augmentation: { flip: 0.5, scale: 0.03 } });
});
