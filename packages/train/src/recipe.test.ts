import { expect, test } from 'vitest';
import { checkBatchSize, recipeSchema } from './recipe.ts';

test('weight decay is 0.19 by default, and at most 10', () => {
  expect(recipeSchema.parse({}).weightDecay).toBe(0.19);
  expect(recipeSchema.parse({ weightDecay: 10 }).weightDecay).toBe(10);
  const { error } = recipeSchema.safeParse({ weightDecay: 1e30 });
  expect(error?.issues[0]?.path).toEqual(['weightDecay']);
});

test('classes count alike by their weights or by sampling, not by both', () => {
  for (const recipe of [{ sampling: 'balanced' }, { classWeights: 'balanced' }])
    expect(recipeSchema.parse(recipe)).toMatchObject(recipe);
  const both = { sampling: 'balanced', classWeights: 'balanced' };
  const { error } = recipeSchema.safeParse(both);
  expect(error?.issues).toMatchObject([
    { path: ['sampling'], message: expect.stringContaining('classWeights') },
  ]);
});

test.each([
  [601, 600, /at most 600.*\n.*found: 601\n.*--batchSize 600$/],
  [599, 600, /one image of 600.*\n.*found: 599\n.*--batchSize 598$/],
  // 27 = 2 * 13 + 1
  [13, 27, /one image of 27.*\n.*found: 13\n.*--batchSize 12$/],
  [2, 3, /one image of 3.*\n.*found: 2\n.*more images$/],
  [128, 1, /at most 1.*\n.*found: 128\n.*more images$/],
])('batches of %d cannot be made of %d images, and what to do is said', (size, images, message) => {
  expect(() => checkBatchSize(size, images)).toThrow(message);
});

test.each([
  [2, 600],
  [600, 600],
  [598, 600],
  [128, 60_000],
])('batches of %d can be made of %d images', (size, images) => {
  expect(() => checkBatchSize(size, images)).not.toThrow();
});
