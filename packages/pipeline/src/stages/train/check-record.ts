import { canonicalJson, type Json } from '@atelier/artifacts';
import { claim, WrongArtifact } from '../../recorded-artifacts.ts';
import type { Adoption, EpochData, InitialModel } from '../../run-configuration.ts';
import type { EpochCommit, Store } from '../../run-store.ts';
import { WorkLeft } from '../../stage-cache/stage-cache.ts';
import type { OutcomeOf } from '../plan.ts';
import { wrongCheckpoint } from './check-checkpoints.ts';
import { readHistory } from './history.ts';
import type { trainPlan } from './plan.ts';
import type { Expectation } from './resume-point.ts';

/** What a training's record has to be of. */
interface Training {
  identity: Expectation;
  otherData: readonly EpochData[];
  adopt: Adoption | undefined;
  initialise: InitialModel | undefined;
}

/**
 * Holds a record against what it names: a history of all epochs and their number, and for each of
 * them a record of its own that says the same, with a checkpoint of that epoch, unless that was
 * thinned out. An epoch's record that does not is set aside, so that training runs again from the
 * epoch before it.
 * @throws WrongArtifact, DamagedBlob; WorkLeft where an epoch's record or checkpoint is gone
 */
export async function checkTraining(
  store: Store,
  { identity, otherData, adopt, initialise }: Training,
  {
    fingerprint,
    outputs,
    summary,
  }: Pick<OutcomeOf<typeof trainPlan>, 'fingerprint' | 'outputs' | 'summary'>,
): Promise<void> {
  const history = await readHistory(store, outputs.history);
  const { epochs } = identity.recipe;
  const numbers = history.epochs.map(({ epoch }) => epoch);
  claim(
    'its history',
    numbers,
    Array.from({ length: epochs }, (_, i) => i + 1),
  );
  claim('its history', history.otherData ?? [], otherData);
  claim('its history', history.thinned ?? [], adopt?.thinned ?? []);
  claim('its summary', summary.epochs, epochs);
  claim('its summary', summary.initialised?.sha256, initialise?.model.sha256);
  if (summary.resumedAfter > epochs) throw new WrongArtifact('its summary', 'more than all epochs');

  const { commits } = await store.readEpochs(fingerprint);
  const byEpoch = new Map(commits.map((commit) => [commit.epoch, commit]));
  const lost = history.epochs.find(({ epoch }) => !byEpoch.has(epoch));
  if (lost) throw new WorkLeft(`the record of epoch ${lost.epoch} is missing`);
  const differing = history.epochs.filter((epoch) => !says(byEpoch.get(epoch.epoch)!, epoch));
  // Which of the two is wrong is found out by training the epoch again.
  for (const { epoch } of differing)
    await store.setEpochAside(fingerprint, epoch, byEpoch.get(epoch)!);
  if (differing[0])
    throw new WrongArtifact(
      'its history',
      `the record of epoch ${differing[0].epoch} says another`,
    );
  const thinned = await store.readThinned(fingerprint);
  const kept = history.epochs.filter(({ checkpoint }) => !thinned?.has(checkpoint.sha256));
  const wrong = await wrongCheckpoint(store, kept, identity, adopt);
  if (wrong === undefined) return;
  await store.setEpochAside(fingerprint, wrong.epoch, byEpoch.get(wrong.epoch)!);
  throw new WorkLeft(wrong.problem);
}

const says = ({ epoch, metrics, checkpoint }: EpochCommit, line: object): boolean =>
  canonicalJson({ epoch, ...metrics, checkpoint }) === canonicalJson(line as Json);
