import { DamagedBlob } from '@atelier/artifacts';
import { imageSize } from '@atelier/data/image-shape';
import { UserError } from '@atelier/errors';
import { architectureOf, type Network } from '@atelier/model/network';
import { decodeCheckpoint } from '@atelier/train';
import type { AdoptionFlags } from '../configuration/start-flags.ts';
import type { Adoption, RunConfig } from '../run-configuration.ts';
import { type EpochCommit, type Store, trainingOf } from '../run-store.ts';
import { dataOfEpochs } from '../stages/train/other-data.ts';

/**
 * Finds the epoch that a run shall continue from: another run's newest committed one, or the one
 * asked for, whatever became of that run.
 * @throws UserError for a run or an epoch that there is not, for a network of another shape, and
 *   for fewer epochs than are adopted
 */
export async function resolveAdoption(
  store: Store,
  { run, epoch: asked }: AdoptionFlags,
  { dataset, network, recipe }: RunConfig,
): Promise<Adoption> {
  const found = await trainingOf(store, run);
  if (found === undefined) throw await notTrained(store, run);
  if (found.problem !== undefined) throw unreadable(store, run, found.problem);
  const { fingerprint: training } = found.value;
  const { commits, epoch, checkpoint } = await chooseEpoch(store, run, training, asked);
  const adopted = decodeCheckpoint(
    await readCheckpoint(store, run, epoch, checkpoint),
    `the checkpoint of epoch ${epoch} of run ${run}`,
  );
  const inputs = imageSize(dataset);
  checkShape(run, adopted.network, { inputs, classes: dataset.classes.length, ...network });
  if (recipe.epochs <= epoch)
    throw new UserError({
      what: 'There is nothing left to train.',
      where: '--epochs',
      expected: `more than the ${epoch} epochs that are adopted: they count`,
      found: String(recipe.epochs),
      remedy: 'train for more --epochs, or adopt an earlier one with --adoptEpoch',
    });
  const data = await dataOfEpochs(store, run, commits);
  return { run, training, epoch, checkpoint, data };
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
  if (chosen !== undefined) return { ...chosen, commits: whole.slice(0, chosen.epoch) };
  throw new UserError({
    what: `Run ${run} has not committed this epoch.`,
    where: '--adoptEpoch',
    expected: `1 to ${whole.length}`,
    found: String(asked),
    remedy: 'leave --adoptEpoch out to adopt the newest epoch',
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
