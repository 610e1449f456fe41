import { type BlobRef, blobRefSchema } from '@atelier/artifacts';
import { WorldError } from '@atelier/errors';
import type { ReportInputs } from '@atelier/report';
import { epochMetrics, epochRecordSchema, isOfOtherData } from '@atelier/train/epochs';
import { z } from 'zod';
import type { EpochLine } from '../../progress.ts';
import { readJson } from '../../recorded-artifacts.ts';
import { type EpochData, epochDataSchema } from '../../run-configuration.ts';
import type { EpochCommit, Store } from '../../run-store.ts';
import type { Outcomes } from '../index.ts';

/** An epoch's numbers and checkpoint, less its wall time: equal whenever it is trained again. */
const epochSchema = epochRecordSchema.omit({ seconds: true }).extend({ checkpoint: blobRefSchema });

const historySchema = z.strictObject({
  schemaVersion: z.literal(1),
  epochs: z.array(epochSchema).min(1),
  /** Adopted epochs whose data is not this training's: their validation scores are of other images. */
  otherData: z.array(epochDataSchema).min(1).optional(),
  /** Adopted epochs that take no part in choosing, because they were thinned out before. */
  thinned: z.array(z.int().positive()).min(1).optional(),
});

export type History = z.infer<typeof historySchema>;

/** The epochs of a training as one JSON document, without anything that differs between attempts. */
export function encodeHistory(
  commits: readonly EpochCommit[],
  otherData: readonly EpochData[],
  thinned: readonly number[] = [],
): Buffer {
  const epochs = commits.map(({ epoch, metrics, checkpoint }) => ({
    epoch,
    ...metrics,
    checkpoint,
  }));
  const history = {
    schemaVersion: 1,
    epochs,
    ...(otherData.length > 0 && { otherData }),
    ...(thinned.length > 0 && { thinned }),
  };
  return Buffer.from(JSON.stringify(historySchema.parse(history)));
}

/**
 * A committed epoch as a line of progress. Only what is shown, because every line is part of the
 * workflow's history; scores on other images are not told as this training's.
 */
export function lineOf(
  { epoch, metrics, seconds }: Pick<EpochCommit, 'epoch' | 'metrics' | 'seconds'>,
  otherData: readonly EpochData[] = [],
): EpochLine {
  const ofOtherData = isOfOtherData(epoch, otherData);
  const columns = epochMetrics.filter(
    ({ column, ofValidation }) => column !== undefined && !(ofValidation && ofOtherData),
  );
  return { epoch, ...Object.fromEntries(columns.map(({ key }) => [key, metrics[key]])), seconds };
}

/** A sentence about a span of epochs, as it is for one of them and for several. */
export const ofEpochs = (
  { first, last }: Pick<EpochData, 'first' | 'last'>,
  one: string,
  several: string,
): string => (first === last ? `Epoch ${first} ${one}` : `Epochs ${first} to ${last} ${several}`);

export const readHistory = (store: Pick<Store, 'getBlob'>, ref: BlobRef): Promise<History> =>
  readJson(store, ref, historySchema, 'its history');

/** A training's epochs with what its inputs do not decide: their times, and where each comes from. */
export type TimedHistory = Pick<ReportInputs, 'history' | 'origins'> & Pick<History, 'otherData'>;

/**
 * A training's epochs with their wall times, and where each of them comes from.
 * @throws WorldError where an epoch's record is gone
 */
export async function readTimedHistory(
  store: Store,
  train: Outcomes['train'],
): Promise<TimedHistory> {
  const { epochs, otherData } = await readHistory(store, train.outputs.history);
  const { commits } = await store.readEpochs(train.fingerprint);
  const byEpoch = new Map(commits.map((commit) => [commit.epoch, commit]));
  const whole = epochs.map(({ checkpoint: _, ...metrics }) => {
    const commit = byEpoch.get(metrics.epoch);
    if (commit !== undefined) return { metrics, commit };
    throw new WorldError({
      what: `The record of epoch ${metrics.epoch} is gone.`,
      where: `stages/train/${train.fingerprint}/epochs`,
      remedy: 'start the run again: the missing epochs are trained again',
    });
  });
  return {
    history: whole.map(({ metrics, commit: { seconds } }) => ({ ...metrics, seconds })),
    origins: whole.map(({ commit: { epoch, madeBy, adoptedFrom, environment } }) => ({
      epoch,
      run: madeBy,
      training: adoptedFrom ?? train.fingerprint,
      environment,
    })),
    otherData,
  };
}
