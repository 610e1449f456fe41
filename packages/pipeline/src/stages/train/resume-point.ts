import { DamagedBlob, type Json } from '@atelier/artifacts';
import { isUserError } from '@atelier/errors';
import { decodeCheckpoint, type Recipe } from '@atelier/train';
import type { Adoption } from '../../run-configuration.ts';
import type { EpochCommit, Store } from '../../run-store.ts';
import { lost } from './adopt-epochs.ts';
import { isOf, wrongCheckpoint } from './check-checkpoints.ts';

export interface ResumePoint {
  /** Commits of epochs 1 … n, where n is the epoch that training continues after. */
  commits: EpochCommit[];
  /** The checkpoint of epoch n; undefined where training starts at the beginning. */
  checkpoint?: Buffer;
  /** What was found bad and left out, in words. */
  notices: string[];
}

/** What a checkpoint of this training must say about itself. */
export type Expectation = {
  seed: number;
  network: Json;
  recipe: Recipe;
};

/**
 * Finds the newest epoch that training can continue after, in the store itself: the last one that
 * has commits for itself and all before it and whose checkpoint is whole and of this training.
 * Bad commits on the way there are set aside, each with a notice that names it. Of a training that
 * was thinned out an epoch may have no checkpoint; where one has, it will do. An adopted epoch is of
 * another training, and is as far back as it goes.
 */
export async function findResumePoint(
  store: Store,
  training: string,
  expected: Expectation,
  adopt?: Adoption,
): Promise<ResumePoint> {
  const { commits: found, unreadable } = await store.readEpochs(training);
  const notices: string[] = [];
  const reject = async (epoch: number, problem: string, judged?: EpochCommit): Promise<void> => {
    const aside = await store.setEpochAside(training, epoch, judged);
    const where = aside === undefined ? 'another has taken its place' : `it lies in ${aside}`;
    notices.push(`The commit of epoch ${epoch} is not used (${problem}); ${where}.`);
  };
  for (const { epoch, problem } of unreadable) await reject(epoch, problem);

  const { epochs } = expected.recipe;
  const commits = found.filter(({ epoch }, i) => epoch === i + 1 && epoch <= epochs);
  const stray = found.slice(commits.length);
  if (stray.length > 0) {
    const end = commits.length === epochs ? `the training has ${epochs} epochs` : undefined;
    notices.push(await leaveOut(store, training, stray, end ?? missing(commits.length + 1)));
  }
  const thinned = await store.readThinned(training);
  const isThinned = ({ checkpoint }: EpochCommit): boolean =>
    thinned?.has(checkpoint.sha256) ?? false;
  const kept = commits.filter((commit) => !isThinned(commit));
  const wrong = await wrongCheckpoint(store, kept, expected, adopt);
  if (wrong !== undefined) {
    const [judged, ...behind] = commits.splice(wrong.epoch - 1);
    await reject(wrong.epoch, wrong.problem, judged);
    if (behind.length > 0)
      notices.push(await leaveOut(store, training, behind, missing(wrong.epoch)));
  }
  const floor = adopt?.epoch ?? 0;
  const gone: EpochCommit[] = [];
  const leaveThinnedOut = async (): Promise<void> => {
    if (gone.length > 0) notices.push(await leaveOut(store, training, gone.splice(0), thinnedOut));
  };
  for (; commits.length > floor; commits.pop()) {
    const newest = commits.at(-1)!;
    if (isThinned(newest) && (await store.inspectBlob(newest.checkpoint)) !== undefined) {
      // Nothing is left to train that would need it.
      if (commits.length === epochs) return { commits, notices };
      gone.unshift(newest);
      continue;
    }
    const { checkpoint, problem } = await load(store, newest, expected);
    if (checkpoint !== undefined) {
      await leaveThinnedOut();
      return { commits, checkpoint, notices };
    }
    await reject(newest.epoch, problem, newest);
  }
  await leaveThinnedOut();
  if (adopt === undefined) return { commits, notices };
  if (commits.length < floor)
    throw lost(adopt, `the record of epoch ${commits.length + 1} is gone`);
  return { commits, checkpoint: await loadAdopted(store, adopt), notices };
}

/**
 * Sets aside what lies behind the training's end, or behind a gap: the missing epoch is trained
 * anew, perhaps elsewhere and to other bits, and these do not descend from it.
 */
async function leaveOut(
  store: Store,
  training: string,
  stray: EpochCommit[],
  why: string,
): Promise<string> {
  // The last one first, so that what a crash leaves of them lies behind the same gap.
  for (const commit of stray.toReversed())
    await store.setEpochAside(training, commit.epoch, commit);
  const [first, last] = [stray[0]!.epoch, stray.at(-1)!.epoch];
  const unused =
    first === last
      ? `The commit of epoch ${first} is not used`
      : `The commits of epochs ${first} to ${last} are not used`;
  return `${unused}: ${why}.`;
}

const thinnedOut = 'their checkpoints were thinned out, and training goes on from the one before';

const missing = (epoch: number): string => `that of epoch ${epoch} is missing`;

async function loadAdopted(store: Store, adopt: Adoption): Promise<Buffer> {
  try {
    return await store.getBlob(adopt.checkpoint);
  } catch (error) {
    if (error instanceof DamagedBlob) throw lost(adopt, error.failure.what);
    throw error;
  }
}

type Loaded =
  | { checkpoint: Buffer; problem?: undefined }
  | { checkpoint?: undefined; problem: string };

async function load(store: Store, commit: EpochCommit, expected: Expectation): Promise<Loaded> {
  const where = `the checkpoint of epoch ${commit.epoch}`;
  try {
    const bytes = await store.getBlob(commit.checkpoint);
    if (isOf(decodeCheckpoint(bytes, where), commit.epoch, expected)) return { checkpoint: bytes };
    return { problem: `${where} is of another training` };
  } catch (error) {
    if (error instanceof DamagedBlob) return { problem: error.failure.what };
    if (isUserError(error)) return { problem: error.message.replaceAll('\n', ';') };
    throw error;
  }
}
