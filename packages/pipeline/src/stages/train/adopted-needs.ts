import { selectCheckpoint } from '@atelier/evaluate';
import type { Adoption, EpochData } from '../../run-configuration.ts';
import type { EpochCommit } from '../../run-store.ts';
import { isSameData } from './plan.ts';

type Scored = Pick<EpochCommit, 'epoch' | 'metrics'>;

/**
 * The adopted epochs whose checkpoints a training needs: the one that it begins with, and the best
 * of those before, which may turn out to be the best of all. Which of them were scored on the
 * training's own data is not known before it is prepared: the best on each data counts.
 */
export function adoptedNeeds(
  commits: readonly Scored[],
  { epoch, data = [], thinned = [] }: Pick<Adoption, 'epoch' | 'data' | 'thinned'>,
): number[] {
  const adopted = commits.filter((commit) => commit.epoch <= epoch);
  const bests = groups(data).flatMap((spans) => {
    const scored = adopted
      .filter((commit) => spans.some(({ first, last }) => isWithin(commit, first, last)))
      .filter((commit) => !thinned.includes(commit.epoch))
      .map((commit) => ({ ...commit.metrics, epoch: commit.epoch }))
      .filter((each) => Number.isFinite(each.validationAccuracy + each.validationLoss));
    return scored.length > 0 ? [selectCheckpoint(scored).epoch] : [];
  });
  return [...new Set([epoch, ...bests])];
}

const isWithin = ({ epoch }: Scored, first: number, last: number): boolean =>
  first <= epoch && epoch <= last;

/** Spans of the same data, which need not be neighbours. */
function groups(data: readonly EpochData[]): EpochData[][] {
  const found: EpochData[][] = [];
  for (const span of data) {
    const same = found.find(([one]) => isSameData(one!, span));
    if (same) same.push(span);
    else found.push([span]);
  }
  return found;
}
