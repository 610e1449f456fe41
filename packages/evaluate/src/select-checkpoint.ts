import { UserError } from '@atelier/errors';
import type { Contender, Selection } from './schema.ts';

/**
 * Chooses the epoch of best validation accuracy; among equals the one of lower validation loss,
 * then the earlier one. Epochs whose scores are not finite cannot be chosen.
 * @param history any order; fields besides {@link Contender}'s are left out of the result
 * @throws UserError where no epoch can be chosen
 */
export function selectCheckpoint(history: readonly Contender[]): Selection {
  const contenders = history
    .filter((e) => Number.isFinite(e.validationAccuracy) && Number.isFinite(e.validationLoss))
    .map(({ epoch, validationAccuracy, validationLoss }) => ({
      epoch,
      validationAccuracy,
      validationLoss,
    }))
    .sort(byPreference);
  const [chosen] = contenders;
  if (chosen === undefined)
    throw new UserError({
      what: 'No epoch can be selected.',
      expected: 'at least one epoch with a finite validation accuracy and loss',
      found: `${history.length} epochs, none of them with both`,
    });
  const equals = contenders.filter((e) => e.validationAccuracy === chosen.validationAccuracy);
  return {
    schemaVersion: 1,
    ...chosen,
    reason: reason(equals, history.length),
    contenders: equals,
  };
}

/** Orders epochs as they are chosen: the best comes first. */
export const byPreference = (a: Contender, b: Contender): number =>
  b.validationAccuracy - a.validationAccuracy ||
  a.validationLoss - b.validationLoss ||
  a.epoch - b.epoch;

function reason(equals: readonly Contender[], epochs: number): string {
  if (epochs === 1) return 'The only epoch.';
  const [chosen, ...others] = equals as [Contender, ...Contender[]];
  if (others.length === 0) return `Highest validation accuracy of ${epochs} epochs.`;
  const tie = `Highest validation accuracy, shared by ${equals.length} of ${epochs} epochs`;
  return others.some((e) => e.validationLoss === chosen.validationLoss)
    ? `${tie}; the earliest of those with the lowest validation loss.`
    : `${tie}; the lowest validation loss among them.`;
}
