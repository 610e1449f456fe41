import { UserError } from '@atelier/errors';
import type { Adoption } from '../../run-configuration.ts';
import type { EpochCommit, Store } from '../../run-store.ts';
import { adoptedNeeds } from './adopted-needs.ts';
import { wrongCheckpoint } from './check-checkpoints.ts';

/**
 * Makes another training's first epochs this one's: their records are copied, each with where it
 * comes from; their checkpoints are shared. Doing it again copies what is not here yet.
 *
 * The records come first, then the look at what the other training has thinned out: from there on
 * whoever thins out sees that these checkpoints are needed here.
 * @throws UserError where an adopted epoch is gone or is another one by now
 */
export async function adoptEpochs(store: Store, training: string, adopt: Adoption): Promise<void> {
  const [own, source] = await Promise.all([
    store.readEpochs(training),
    store.readEpochs(adopt.training),
  ]);
  for (const { epoch } of own.unreadable)
    if (epoch <= adopt.epoch) await store.setEpochAside(training, epoch);

  const here = byEpoch(own.commits);
  const there = byEpoch(source.commits);
  const adopted: EpochCommit[] = [];
  for (let epoch = 1; epoch <= adopt.epoch; epoch++) {
    const known = here.get(epoch);
    const found = known ?? there.get(epoch);
    if (found === undefined) throw lost(adopt, `the record of epoch ${epoch} is gone`);
    // What was adopted before keeps the training that it was trained in.
    adopted.push({ ...found, adoptedFrom: found.adoptedFrom ?? adopt.training });
  }
  if (adopted.at(-1)!.checkpoint.sha256 !== adopt.checkpoint.sha256)
    throw lost(adopt, `epoch ${adopt.epoch} has another checkpoint by now`);
  for (const commit of adopted)
    if (!here.has(commit.epoch)) await store.commitEpoch(training, commit);

  const thinned = await thinnedHere(store, training, adopt, adopted);
  const kept = adopted.filter(({ checkpoint }) => !thinned.has(checkpoint.sha256));
  const wrong = await wrongCheckpoint(store, kept, undefined);
  if (wrong !== undefined) throw lost(adopt, wrong.problem);
}

/** Which adopted checkpoints need not be there; written down once it is sure that all others are. */
async function thinnedHere(
  store: Store,
  training: string,
  adopt: Adoption,
  adopted: readonly EpochCommit[],
): Promise<Pick<ReadonlyMap<string, number>, 'has'>> {
  const own = await store.readThinned(training);
  if (own !== undefined) return own;
  const there = await store.readThinned(adopt.training);
  const gone = adopted.filter(({ checkpoint }) => there?.has(checkpoint.sha256));
  const needs = adoptedNeeds(adopted, adopt);
  for (const commit of gone) {
    if (!needs.includes(commit.epoch)) continue;
    // A version that kept all may have adopted it long ago, and its run be continued only now.
    const isOlder = adopt.thinned === undefined;
    if (isOlder && (await store.inspectBlob(commit.checkpoint)) === undefined) continue;
    throw lost(adopt, `the checkpoint of epoch ${commit.epoch} was thinned out`);
  }
  const unneeded = gone.filter(({ epoch }) => !needs.includes(epoch));
  const checkpoints = unneeded.map(({ epoch, checkpoint }) => ({
    epoch,
    sha256: checkpoint.sha256,
  }));
  await store.addThinned(training, checkpoints);
  return new Map(checkpoints.map(({ epoch, sha256 }) => [sha256, epoch]));
}

const byEpoch = (commits: readonly EpochCommit[]): Map<number, EpochCommit> =>
  new Map(commits.map((commit) => [commit.epoch, commit]));

/** What is adopted cannot be trained again here: only its own run can. */
export function lost({ run, training, epoch }: Adoption, found: string): UserError {
  return new UserError({
    what: `The epochs that this training adopts from run ${run} are not whole any more.`,
    where: `stages/train/${training}`,
    expected: `the records and checkpoints of epochs 1 to ${epoch}`,
    found,
    remedy: `start a run with run ${run}'s settings, which trains what is missing, then retry; or abort, and adopt an earlier epoch with --adoptEpoch`,
  });
}
