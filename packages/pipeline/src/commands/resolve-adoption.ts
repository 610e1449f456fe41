import { DamagedBlob } from '@atelier/artifacts';
import { UserError } from '@atelier/errors';
import { architectureOf, type Network } from '@atelier/model/network';
import { decodeCheckpoint } from '@atelier/train';
import type { AdoptionFlags } from '../configuration/start-flags.ts';
import { nearestThere } from '../retention/kept-epochs.ts';
import type { Adoption, RunConfig } from '../run-configuration.ts';
import { type EpochCommit, type Store, trainingOf } from '../run-store.ts';
import { adoptedNeeds } from '../stages/train/adopted-needs.ts';
import { dataOfEpochs } from '../stages/train/other-data.ts';
import { wholeNetwork } from '../stages/train/plan.ts';
import { runMeant } from './finished-run.ts';

/**
 * Finds the epoch that a run shall continue from: another run's newest committed one, or the one
 * asked for, whatever became of that run.
 * @throws UserError for a run or an epoch that there is not, for a network of another shape, and
 *   for fewer epochs than are adopted
 */
export async function resolveAdoption(
  store: Store,
  { run: named, epoch: asked }: AdoptionFlags,
  { dataset, network, recipe }: RunConfig,
): Promise<Adoption> {
  const run = await runMeant(store, named);
  const found = await trainingOf(store, run);
  if (found === undefined) throw await notTrained(store, run);
  if (found.problem !== undefined) throw unreadable(store, run, found.problem);
  const { fingerprint: training } = found.value;
  const gone = await store.readThinned(training);
  const isGone = (commit: EpochCommit): boolean => gone?.has(commit.checkpoint.sha256) ?? false;
  const { commits, epoch, checkpoint } = await chooseEpoch(store, run, training, asked, isGone);
  const adopted = decodeCheckpoint(
    await readCheckpoint(store, run, epoch, checkpoint),
    `the checkpoint of epoch ${epoch} of run ${run}`,
  );
  checkShape(run, adopted.network, wholeNetwork(network, dataset));
  if (recipe.epochs <= epoch)
    throw new UserError({
      what: 'There is nothing left to train.',
      where: '--epochs',
      expected: `more than the ${epoch} epochs that are adopted: they count`,
      found: String(recipe.epochs),
      remedy: 'train for more --epochs, or adopt an earlier one with --adoptEpoch',
    });
  const data = await dataOfEpochs(store, run, commits);
  const needs = adoptedNeeds(commits, { epoch, data });
  const bestIsGone = commits.some((commit) => needs.includes(commit.epoch) && isGone(commit));
  const thinned = bestIsGone ? commits.filter(isGone).map((commit) => commit.epoch) : [];
  return { run, training, epoch, checkpoint, data, thinned };
}

async function notTrained(store: Store, run: string): Promise<UserError> {
  const known = await store.hasRunFile(run, 'run.json');
  return new UserError({
    what: known ? `Run ${run} has not begun to train.` : `There is no run ${run}.`,
    where: '--adopt',
    expected: 'a run that has committed an epoch',
    remedy: known
      ? `\`npx atelier follow ${run}\` shows how it goes`
      : '`npx atelier runs` lists the runs',
  });
}

const unreadable = (store: Store, run: string, problem: string): UserError =>
  new UserError({
    what: `It cannot be read which training run ${run} worked on.`,
    where: `s3://${store.bucket}/runs/${run}/training.json`,
    expected: 'a training.json as Atelier writes it',
    found: problem,
    remedy: `start a run with run ${run}'s settings, which finds its work done and records it, and adopt that`,
  });

async function chooseEpoch(
  store: Store,
  run: string,
  training: string,
  asked: number | undefined,
  isGone: (commit: EpochCommit) => boolean,
): Promise<EpochCommit & { commits: EpochCommit[] }> {
  const { commits } = await store.readEpochs(training);
  const whole = commits.filter(({ epoch }, i) => epoch === i + 1);
  if (whole.length === 0)
    throw new UserError({
      what: `Run ${run} has no committed epoch.`,
      where: '--adopt',
      expected: 'a run that has committed an epoch',
      remedy: `wait for its first epoch (\`npx atelier follow ${run}\`), or name another run`,
    });
  const chosen = whole[(asked ?? whole.length) - 1];
  if (chosen !== undefined && isGone(chosen)) throw thinnedOut(run, chosen.epoch, whole, isGone);
  if (chosen !== undefined) return { ...chosen, commits: whole.slice(0, chosen.epoch) };
  throw new UserError({
    what: `Run ${run} has not committed this epoch.`,
    where: '--adoptEpoch',
    expected: `1 to ${whole.length}`,
    found: String(asked),
    remedy: 'leave --adoptEpoch out to adopt the newest epoch',
  });
}

function thinnedOut(
  run: string,
  epoch: number,
  commits: readonly EpochCommit[],
  isGone: (commit: EpochCommit) => boolean,
): UserError {
  const there = commits.filter((commit) => !isGone(commit)).map((commit) => commit.epoch);
  return new UserError({
    what: `Epoch ${epoch} of run ${run} was thinned out.`,
    where: '--adoptEpoch',
    expected: `an epoch whose checkpoint was kept: ${nearestThere(epoch, there)}`,
    found: String(epoch),
    remedy: `name one of these; or train it again: a run with run ${run}'s settings, --fresh train and --keepCheckpoints all`,
  });
}

async function readCheckpoint(
  store: Store,
  run: string,
  epoch: number,
  checkpoint: EpochCommit['checkpoint'],
): Promise<Buffer> {
  try {
    return await store.getBlob(checkpoint);
  } catch (error) {
    if (!(error instanceof DamagedBlob)) throw error;
    throw new UserError({
      what: `The checkpoint of epoch ${epoch} of run ${run} cannot be used: ${error.failure.what}`,
      where: error.failure.where!,
      remedy: 'adopt an earlier epoch with --adoptEpoch',
    });
  }
}

/** What has to be equal for parameters to mean the same; dropout may change. */
function checkShape(run: string, adopted: Network, wanted: Network): void {
  const [expected, found] = [adopted, wanted].map((network) =>
    architectureOf(network).shape(network),
  );
  if (expected === found) return;
  throw new UserError({
    what: 'The network to train has another shape than the adopted one.',
    where: '--adopt',
    expected: `${expected}, as in run ${run}`,
    found: found!,
    remedy: "give that run's network and a dataset of its size, or start without --adopt",
  });
}
