import { DamagedBlob } from '@atelier/artifacts';
import { UserError } from '@atelier/errors';
import { WrongArtifact } from '../../recorded-artifacts.ts';
import type { Adoption, EpochData } from '../../run-configuration.ts';
import { type EpochCommit, type Store, splitsOf } from '../../run-store.ts';
import { checkSplits, readManifest } from '../data/check-record.ts';
import { isSameData } from './plan.ts';

type Splits = Pick<EpochData, 'manifest' | 'train' | 'validation' | 'shards'>;

/**
 * Says of a run's epochs which data they were trained and validated on, in spans of equal data.
 * Epochs that the run adopted itself are of the data of whoever trained them.
 * @throws UserError where a run does not say which data it worked on
 */
export async function dataOfEpochs(
  store: Store,
  run: string,
  commits: readonly EpochCommit[],
): Promise<EpochData[]> {
  const known = new Map<string, Splits>();
  const spans: EpochData[] = [];
  for (const { epoch, adoptedFrom, madeBy } of commits) {
    // Whoever did the same work has the same data, but for epochs of another training.
    const worker = adoptedFrom === undefined ? run : madeBy;
    const splits = known.get(worker) ?? (await wholeSplits(store, worker));
    if (splits === undefined) throw unknown(run, worker, epoch);
    known.set(worker, splits);
    const last = spans.at(-1);
    if (last !== undefined && isSameData(last, splits)) last.last = epoch;
    else spans.push({ first: epoch, last: epoch, ...splits });
  }
  return spans;
}

/** The first that a run says it worked on and that there are; undefined where none are. */
async function wholeSplits(store: Store, run: string): Promise<Splits | undefined> {
  for (const splits of await splitsOf(store, run)) if (await areWhole(store, splits)) return splits;
  return undefined;
}

async function areWhole(store: Store, splits: Splits): Promise<boolean> {
  try {
    await checkSplits(store, await readManifest(store, splits.manifest), splits);
    return true;
  } catch (error) {
    if (error instanceof WrongArtifact || error instanceof DamagedBlob) return false;
    throw error;
  }
}

/** An adoption with the data of its epochs, which earlier versions left out. */
export async function withData(store: Store, adopt: Adoption): Promise<Adoption> {
  if (adopt.data !== undefined) return adopt;
  const { commits } = await store.readEpochs(adopt.training);
  const adopted = commits.filter(({ epoch }) => epoch <= adopt.epoch);
  return { ...adopt, data: await dataOfEpochs(store, adopt.run, adopted) };
}

const unknown = (run: string, worker: string, epoch: number): UserError =>
  new UserError({
    what: `It is not known which data epoch ${epoch} of run ${run} was trained on.`,
    where: `runs/${worker}/training.json`,
    expected: 'the splits that its run worked on, which runs of this version record',
    remedy: `start a run with run ${worker}'s settings, which finds its work done and records them, and adopt that`,
  });
