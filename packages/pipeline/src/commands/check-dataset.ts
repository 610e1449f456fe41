import { checkLocalMirrors } from '@atelier/data';
import { checkBatchSize } from '@atelier/train/recipe';
import type { RunConfig } from '../run-configuration.ts';
import { stageFingerprint } from '../stage-cache/stage-cache.ts';
import { downloadsOf } from '../stages/data/activity.ts';
import { dataPlan } from '../stages/data/plan.ts';
import type { Session } from './session.ts';

/**
 * Checks before a run starts what would park it: whether its dataset can be made of the files in
 * folders of this machine, and whether the batch size suits it. What an earlier run made of the
 * same descriptor is known and not read again.
 * @throws UserError
 */
export async function checkDataset(
  { store, environment }: Pick<Session, 'store' | 'environment'>,
  { dataset, mirrors, splitSeed, recipe, fresh = [] }: RunConfig,
): Promise<void> {
  const fingerprint = stageFingerprint(dataPlan, { dataset, splitSeed, settings: {} });
  const known = fresh.includes('data')
    ? undefined
    : await store.readStage(dataPlan.record, fingerprint);
  const counts = known?.summary.counts ?? (await countsHere());
  if (counts !== undefined) checkBatchSize(recipe.batchSize, counts.train);

  /** The folders are those of this machine only where this machine has the worker. */
  async function countsHere(): Promise<{ train: number } | undefined> {
    if (!environment.localWorker) return undefined;
    const kept = downloadsOf(dataset, environment.cacheDirectory);
    return checkLocalMirrors(dataset, mirrors, { kept });
  }
}
