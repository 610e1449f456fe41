import type { Recipe } from './configuration.ts';

/**
 * The learning rate of one epoch, annealed by half a cosine over all epochs
 * (torch.optim.lr_scheduler.CosineAnnealingLR, stepped once per epoch).
 * @param epoch counted from 1
 */
export function cosineLearningRate(
  {
    learningRate,
    minimumLearningRate,
    epochs,
  }: Pick<Recipe, 'learningRate' | 'minimumLearningRate' | 'epochs'>,
  epoch: number,
): number {
  const remaining = (1 + Math.cos((Math.PI * (epoch - 1)) / epochs)) / 2;
  return minimumLearningRate + (learningRate - minimumLearningRate) * remaining;
}
