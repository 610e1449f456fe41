import { z } from 'zod';

/** Which checkpoints of a training stay once its epoch is chosen; the first wins over the others. */
const wishes = ['all', 'thinned', 'chosen'] as const;

export const keepCheckpointsSchema = z.enum(wishes);

export type KeepCheckpoints = z.output<typeof keepCheckpointsSchema>;

/** What holds where a run does not say. */
const usual: KeepCheckpoints = 'thinned';

/** Of a thinned training stays every so manieth epoch. */
const stride = 10;

/** What several runs of the same training want kept of it: the most of it. */
export const strongestWish = (given: readonly string[]): KeepCheckpoints =>
  wishes.find((wish) => given.includes(wish)) ?? usual;

/**
 * The epochs whose checkpoints stay.
 * @param epochs how many the training has
 * @param needed those that stay in any case: the chosen one, and what an adoption begins with
 */
export function keptEpochs(
  wish: KeepCheckpoints,
  epochs: number,
  needed: readonly number[],
): Set<number> {
  const kept = new Set(needed);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const stays = epoch === epochs || epoch % stride === 0;
    if (wish === 'all' || (wish === 'thinned' && stays)) kept.add(epoch);
  }
  return kept;
}

/** The nearest of some epochs below and above one, in words: "50 and 60 are there". */
export function nearestThere(epoch: number, there: readonly number[]): string {
  const below = there.filter((other) => other < epoch).at(-1);
  const above = there.find((other) => other > epoch);
  const nearest = [below, above].filter((other) => other !== undefined);
  if (nearest.length === 0) return 'none is there';
  return nearest.length === 1 ? `${nearest[0]} is there` : `${nearest.join(' and ')} are there`;
}
