import { type BlobRef, DamagedBlob } from '@atelier/artifacts';
import type { SplitFiles } from '@atelier/data';
import { imageSize } from '@atelier/data/image-shape';
import type { PreparedDataset } from '@atelier/data/prepared-dataset';
import { UserError } from '@atelier/errors';
import { decodePredictions, type Predictions, selectionSchema } from '@atelier/evaluate';
import { epochRecordSchema } from '@atelier/train/epochs';
import { z } from 'zod';
import { finishedRun } from '../commands/finished-run.ts';
import type { RecordedRun } from '../provenance/run-signature.ts';
import { runRecordIn } from '../record/read-run-record.ts';
import type { RunRecord } from '../record/run-record-schema.ts';
import { decoded, readJson, WrongArtifact } from '../recorded-artifacts.ts';
import type { Store } from '../run-store.ts';
import { readManifest } from '../stages/data/check-record.ts';
import { fetchSplit, openSplit, type StoredSplit } from '../stages/data/stored-splits.ts';

/** The part of report.json that a comparison reads, in whatever version it was written. */
const toldSchema = z.looseObject({
  history: z.array(epochRecordSchema).min(1),
  selection: selectionSchema,
  environment: z.record(z.string(), z.json()),
});

/** A finished run as the store has it, whether or not Temporal still knows it. */
export interface StoredRun {
  record: RunRecord & { seed: number };
  dataset: PreparedDataset;
  predictions: Predictions;
  report: z.infer<typeof toldSchema>;
  /** Its test split. */
  openTest(): Promise<StoredSplit>;
  /** The same as files of a folder. */
  fetchTest(directory: string): Promise<SplitFiles>;
}

/** Bytes beside what the rows of predictions and splits take: their headers. */
const headerBytes = 64 * 1024;

/**
 * @param named a run id or a tag; undefined for the finished run that was started last
 * @throws UserError for one that is not there, not finished, or whose artifacts cannot be used
 */
export const readStoredRun = async (store: Store, named: string | undefined): Promise<StoredRun> =>
  storedRun(store, await finishedRun(store, named));

/** The same of a run whose record was read already. */
export async function storedRun(store: Store, run: RecordedRun): Promise<StoredRun> {
  const { runId } = run;
  const record = runRecordIn(store, run);
  const { seed, status } = record;
  if (status !== 'finished' || seed === undefined)
    throw new UserError({
      what: `Run ${runId} is not finished: there is nothing to compare yet.`,
      found: `the run is ${status}`,
      remedy: `\`npx atelier show ${runId}\` shows how it stands`,
    });
  return usable(runId, async () => {
    const dataset = await readManifest(store, refOf(record, 'data', 'manifest'));
    const { test } = dataset.splits;
    const row = 4 * dataset.classes.length + 5;
    const ref = refOf(record, 'evaluate', 'predictions');
    const bytes = await readAtMost(store, ref, test.count * row + headerBytes);
    const ofTest = refOf(record, 'data', 'test');
    // Of one in shards the labels and positions are there twice.
    const atMost = test.count * (imageSize(dataset) + 10) + headerBytes;
    const json = refOf(record, 'report', 'json');
    return {
      record: { ...record, seed },
      dataset,
      predictions: decoded('the predictions', () => decodePredictions(bytes, 'predictions')),
      report: await readJson(store, json, toldSchema, 'report.json'),
      openTest: () => usable(runId, () => openSplit(store, ofTest, 'the test split', atMost)),
      fetchTest: (directory) =>
        usable(runId, () => fetchSplit(store, ofTest, 'the test split', { directory, atMost })),
    };
  });
}

function refOf({ stages }: RunRecord, stage: string, output: string): BlobRef {
  const ref = stages[stage]?.outputs[output];
  if (ref !== undefined) return ref;
  throw new WrongArtifact('run.json', `it names no ${output} of stage ${stage}`);
}

async function readAtMost(store: Store, ref: BlobRef, most: number): Promise<Buffer> {
  if (ref.bytes > most) throw new WrongArtifact('run.json', `a blob of ${ref.bytes} bytes`);
  return store.getBlob(ref);
}

/** Says of what is missing or damaged whose it is, and how it comes back. */
async function usable<T>(runId: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof DamagedBlob || error instanceof WrongArtifact)) throw error;
    const { what, where, found } = error.failure;
    throw new UserError({
      what: `What run ${runId} found out cannot be read. ${what}`,
      ...(where !== undefined && { where }),
      ...(found !== undefined && { found }),
      remedy: `\`npx atelier verify ${runId}\` names all that is damaged; a run with its settings makes it again`,
    });
  }
}
