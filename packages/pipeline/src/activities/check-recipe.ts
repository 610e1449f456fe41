import { UserError } from '@atelier/errors';
import type { Recipe } from '@atelier/train/configuration';

/** @throws UserError for a batch that the training split cannot fill once */
export function checkFitsDataset(recipe: Recipe, counts: { train: number }): void {
  if (recipe.batchSize <= counts.train) return;
  throw new UserError({
    what: 'The batch is larger than the dataset.',
    where: 'recipe.batchSize',
    expected: `at most ${counts.train}, the number of training examples`,
    found: String(recipe.batchSize),
    remedy: 'abort this run and start one with a smaller --batchSize',
  });
}
