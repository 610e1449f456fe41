import { expect, test } from 'vitest';
import { recipeSchema } from './configuration.ts';

test('weight decay is 0.19 by default, and at most 10', () => {
  expect(recipeSchema.parse({}).weightDecay).toBe(0.19);
  expect(recipeSchema.parse({ weightDecay: 10 }).weightDecay).toBe(10);
  const { error } = recipeSchema.safeParse({ weightDecay: 1e30 });
  expect(error?.issues[0]?.path).toEqual(['weightDecay']);
});
