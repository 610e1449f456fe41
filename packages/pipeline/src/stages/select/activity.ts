import { type BlobRef, DamagedBlob } from '@atelier/artifacts';
import { selectCheckpoint } from '@atelier/evaluate';
import { decodeModel, encodeModel } from '@atelier/model';
import { isOfOtherData } from '@atelier/train/epochs';
import type { Store } from '../../run-store.ts';
import type { StageWorker } from '../../stage-activity/stage-activity.ts';
import { throughCache } from '../../stage-cache/stage-cache.ts';
import { type History, ofEpochs, readHistory } from '../train/history.ts';
import { selectPlan as plan } from './plan.ts';

export const activity: StageWorker<typeof plan> =
  ({ store }) =>
  (input, context) => {
    const { train, data } = input;
    const { classes, normalisation } = data.summary;
    const { history } = train.outputs;
    return throughCache(store, {
      plan,
      input,
      context,
      async work() {
        const { epochs, otherData } = await readHistory(store, history);
        const scored = epochs.filter(({ epoch }) => !isOfOtherData(epoch, otherData));
        const best = selectCheckpoint(scored);
        const selection = { ...best, reason: [best.reason, ...leftOut(otherData)].join(' ') };
        const { epoch, validationAccuracy, validationLoss } = selection;
        const { checkpoint } = epochs.find((candidate) => candidate.epoch === epoch)!;
        const bytes = await readCheckpoint(store, train.fingerprint, epoch, checkpoint);
        const model = encodeModel(decodeModel(bytes, `the checkpoint of epoch ${epoch}`), {
          epoch: String(epoch),
          classes: JSON.stringify(classes),
          normalisation: JSON.stringify(normalisation),
        });
        const json = Buffer.from(JSON.stringify(selection));
        return {
          outputs: {
            selection: await store.putBlob(json, 'application/json'),
            model: await store.putBlob(model),
          },
          summary: { epoch, validationAccuracy, validationLoss },
        };
      },
    });
  };

/** Scores on other images say nothing about these. */
const leftOut = (otherData: History['otherData'] = []): string[] =>
  otherData.map((span) => `${ofEpochs(span, 'was', 'were')} validated on other data and left out.`);

async function readCheckpoint(
  store: Store,
  training: string,
  epoch: number,
  ref: BlobRef,
): Promise<Buffer> {
  try {
    return await store.getBlob(ref);
  } catch (error) {
    if (error instanceof DamagedBlob) await forget(store, training, epoch, ref);
    throw error;
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
