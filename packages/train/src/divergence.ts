import { UserError } from '@atelier/errors';
import { type EpochMetrics, epochMetrics } from './epoch-record.ts';
import type { TrainingState } from './parameter-buffer.ts';

/**
 * Looks at a whole epoch, as the losses of its steps do not know its last update. Moments that are
 * not finite show in the gradient's norm and parameters in the validation loss; but inference
 * divides by the root of a running variance, and an infinite one shows nowhere.
 * @param epoch counted from 1
 * @throws UserError where a metric or a running statistic is not a finite number, naming it
 */
export function checkFinite(
  epoch: number,
  metrics: EpochMetrics,
  { running }: Pick<TrainingState, 'running'>,
): void {
  const where = `epoch ${epoch}`;
  for (const { key, name } of epochMetrics) {
    const value = metrics[key];
    if (value !== undefined && !Number.isFinite(value))
      throw divergence(where, name, String(value));
  }
  const wrong = running.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) throw divergence(where, 'a running statistic', String(wrong));
}

/**
 * @param where the epoch, and the step where it is known
 * @param quantity what is not finite, with its article
 */
export function divergence(where: string, quantity: string, found: string): UserError {
  return new UserError({
    what: `Training diverged: ${quantity} is not a finite number.`,
    where,
    expected: 'a finite number',
    found,
    remedy: 'lower learningRate or weightDecay, or look for damaged input data',
  });
}
