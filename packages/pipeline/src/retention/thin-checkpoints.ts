import type { Adoption } from '../run-configuration.ts';
import type { EpochCommit, Store } from '../run-store.ts';
import { adoptedNeeds } from '../stages/train/adopted-needs.ts';
import { keptEpochs, strongestWish } from './kept-epochs.ts';
import { namedElsewhere } from './shared-checkpoints.ts';

/** A training whose epoch is chosen. */
export interface ChosenTraining {
  fingerprint: string;
  /** The epochs that it has by its history. */
  epochs: readonly { epoch: number; checkpoint: EpochCommit['checkpoint'] }[];
  chosen: number;
  adopt?: Adoption | undefined;
}

/**
 * Removes the checkpoints of a training that nobody wants kept. First it is written down which
 * these are; then it is looked at who needs one; then they go. Whoever begins to need one (another
 * run that wants more kept, a training that adopts these epochs) writes that down first and then
 * looks at what is thinned out, so that one of the two sees the other. Equal runs thin out the same
 * checkpoints, whatever the order, and a run that is cut off leaves the rest to the next one.
 * @returns how many checkpoints are not kept; none of a training whose epochs are being trained anew
 */
export async function thinCheckpoints(
  store: Store,
  { fingerprint, epochs, chosen, adopt }: ChosenTraining,
): Promise<number> {
  const { commits } = await store.readEpochs(fingerprint);
  const isWhole = epochs.every(
    ({ checkpoint }, i) => commits[i]?.checkpoint.sha256 === checkpoint.sha256,
  );
  const first = epochs[0];
  if (!isWhole || first === undefined) return 0;

  const needed = [chosen, ...(adopt ? adoptedNeeds(commits, adopt) : [])];
  const wanted = async () => {
    const wish = strongestWish(await store.readWishes(fingerprint));
    return keptEpochs(wish, epochs.length, needed);
  };
  const kept = await wanted();
  const goes = epochs.filter(({ epoch }) => !kept.has(epoch));
  if (goes.length === 0) return 0;
  await store.addThinned(
    fingerprint,
    goes.map(({ epoch, checkpoint: { sha256 } }) => ({ epoch, sha256 })),
  );

  const stays = await wanted();
  const elsewhere = await namedElsewhere(store, fingerprint, first.checkpoint.sha256);
  const unwanted = goes.filter(
    ({ epoch, checkpoint }) => !stays.has(epoch) && !elsewhere.has(checkpoint.sha256),
  );
  for (const { checkpoint } of unwanted) await store.removeCheckpoint(checkpoint.sha256);
  return unwanted.length;
}
