import { checkLocalMirrors, isFixed } from '@atelier/data';
import { imageShape } from '@atelier/data/image-shape';
import { frozenTensors } from '@atelier/train/freeze';
import { checkTrainingMemory } from '@atelier/train/memory';
import { checkBatchSize } from '@atelier/train/recipe';
import type { RunConfig } from '../run-configuration.ts';
import { stageFingerprint } from '../stage-cache/stage-cache.ts';
import { downloadsOf } from '../stages/data/activity.ts';
import { dataPlan } from '../stages/data/plan.ts';
import { wholeNetwork } from '../stages/train/plan.ts';
import { machineMemory } from '../worker/training-capacity.ts';
import type { Session } from './session.ts';

/**
 * Checks before a run starts what would park it: whether there is what it freezes, whether its dataset can be made of the files in
 * folders of this machine, whether the batch size suits it, and whether training fits into the
 * memory of this machine, where this one trains. What an earlier run made of the same descriptor is
 * known and not read again.
 * @throws UserError
 */
export async function checkDataset(
  { store, environment }: Pick<Session, 'store' | 'environment'>,
  { dataset, mirrors, splitSeed, gateCount, heldMiB, network, recipe, fresh = [] }: RunConfig,
): Promise<void> {
  const image = imageShape(dataset);
  const size = { network: wholeNetwork(network, dataset), recipe, image };
  frozenTensors(size.network, recipe.freeze);
  // Before any file is read: of most that cannot fit, the network is too large.
  if (environment.localWorker) checkTrainingMemory({ ...size, images: [] }, machineMemory());
  // What is followed is looked at by the run itself, and by every run anew.
  if (!isFixed(dataset)) return;
  const fixed = dataset;
  const fingerprint = stageFingerprint(dataPlan, {
    ...{ dataset, splitSeed, gateCount },
    settings: { heldMiB },
  });
  const known = fresh.includes('data')
    ? undefined
    : await store.readStage(dataPlan.record, fingerprint);
  const counts = known?.summary.counts ?? (await countsHere());
  if (counts !== undefined) checkBatchSize(recipe.batchSize, counts.train);

  /** The folders are those of this machine only where this machine has the worker. */
  async function countsHere(): Promise<{ train: number } | undefined> {
    if (!environment.localWorker) return undefined;
    const kept = downloadsOf(fixed, environment.cacheDirectory);
    return checkLocalMirrors(fixed, mirrors, { kept });
  }
}
