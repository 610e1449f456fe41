import { type BlobRef, DamagedBlob, sha256 } from '@atelier/artifacts';
import { selectCheckpoint } from '@atelier/evaluate';
import { decodeModel, encodeModel } from '@atelier/model';
import { decodeCheckpoint } from '@atelier/train';
import { isOfOtherData } from '@atelier/train/epochs';
import { claim, decoded, WrongArtifact } from '../../recorded-artifacts.ts';
import type { Store } from '../../run-store.ts';
import type { StageWorker } from '../../stage-activity/stage-activity.ts';
import { throughCache } from '../../stage-cache/stage-cache.ts';
import type { InputOf } from '../plan.ts';
import { type History, ofEpochs, readHistory } from '../train/history.ts';
import { selectPlan as plan } from './plan.ts';

export const activity: StageWorker<typeof plan> =
  ({ store }) =>
  (input, context) =>
    throughCache(store, {
      plan,
      input,
      context,
      // The choice takes hardly longer than reading what it gave.
      async check({ outputs, summary }) {
        const again = await choose(store, input);
        claim('its summary', summary, again.summary);
        claim('its selection', outputs.selection.sha256, sha256(again.selection));
        claim('its model', outputs.model.sha256, sha256(again.model));
      },
      async work() {
        const { selection, model, summary } = await choose(store, input);
        return {
          outputs: {
            selection: await store.putBlob(selection, 'application/json'),
            model: await store.putBlob(model),
          },
          summary,
        };
      },
    });

/** Chooses an epoch, and takes its model out of its checkpoint. */
async function choose(store: Store, { train, data }: InputOf<typeof plan>) {
  const { epochs, otherData, thinned = [] } = await readHistory(store, train.outputs.history);
  const scored = epochs.filter(
    ({ epoch }) => !isOfOtherData(epoch, otherData) && !thinned.includes(epoch),
  );
  const best = selectCheckpoint(scored);
  const reasons = [best.reason, ...leftOut(otherData), ...thinnedOut(thinned)];
  const selection = { ...best, reason: reasons.join(' ') };
  const { epoch, validationAccuracy, validationLoss } = selection;
  const { checkpoint } = epochs.find((candidate) => candidate.epoch === epoch)!;
  const bytes = await readCheckpoint(store, train.fingerprint, epoch, checkpoint);
  const { classes, normalisation } = data.summary;
  const model = encodeModel(decodeModel(bytes, `the checkpoint of epoch ${epoch}`), {
    epoch: String(epoch),
    classes: JSON.stringify(classes),
    normalisation: JSON.stringify(normalisation),
  });
  return {
    selection: Buffer.from(JSON.stringify(selection)),
    model,
    summary: { epoch, validationAccuracy, validationLoss },
  };
}

/** Scores on other images say nothing about these. */
const leftOut = (otherData: History['otherData'] = []): string[] =>
  otherData.map((span) => `${ofEpochs(span, 'was', 'were')} validated on other data and left out.`);

const thinnedOut = ({ length }: readonly number[]): string[] =>
  length === 0
    ? []
    : [`Of the adopted epochs, ${length} had been thinned out and were left out, too.`];

/** @throws DamagedBlob where it is not the checkpoint of this epoch: training makes it again */
async function readCheckpoint(
  store: Store,
  training: string,
  epoch: number,
  ref: BlobRef,
): Promise<Buffer> {
  const name = `the checkpoint of epoch ${epoch}`;
  try {
    const bytes = await store.getBlob(ref);
    claim(name, decoded(name, () => decodeCheckpoint(bytes, name)).epoch, epoch);
    return bytes;
  } catch (error) {
    const isWrong = error instanceof WrongArtifact;
    if (isWrong || error instanceof DamagedBlob) await forget(store, training, epoch, ref);
    throw isWrong ? new DamagedBlob(ref, 'damaged', error.failure) : error;
  }
}

/** Without this epoch's commit, training runs again from the epoch before it. */
async function forget(store: Store, training: string, epoch: number, ref: BlobRef): Promise<void> {
  const { commits } = await store.readEpochs(training);
  const promised = commits.find(
    (commit) => commit.epoch === epoch && commit.checkpoint.sha256 === ref.sha256,
  );
  if (promised) await store.setEpochAside(training, epoch, promised);
}
