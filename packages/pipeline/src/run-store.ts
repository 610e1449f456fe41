import * as artifacts from '@atelier/artifacts';
import { blobRefSchema } from '@atelier/artifacts/blob-ref';
import { type Environment, environmentSchema } from '@atelier/tensorflow/environment';
import { type EpochMetrics, epochMetricsSchema } from '@atelier/train/epochs';
import { z } from 'zod';

/** The store, told what trainings record of their epochs. */
export type Store = artifacts.Store<EpochMetrics, Environment>;

/** A committed epoch of a training. */
export type EpochCommit = artifacts.EpochCommit<EpochMetrics, Environment>;

export const openStore = (settings: artifacts.StoreSettings): Store =>
  artifacts.createStore(settings, { metrics: epochMetricsSchema, environment: environmentSchema });

/** The name of a run's file: joined to a folder it can lead nowhere else. */
export const runFileName = z
  .string()
  .regex(/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/, 'expected a relative path of plain names');

/** In a run's folder from the moment that it trains, whatever becomes of the run. */
const trainingFile = 'training.json';

/** What a run trains and validates on, with the manifest that says what it is. */
const splitsSchema = z.object({
  manifest: blobRefSchema,
  train: blobRefSchema,
  validation: blobRefSchema,
});
type Splits = z.infer<typeof splitsSchema>;

const trainingSchema = z.strictObject({
  schemaVersion: z.literal(1),
  fingerprint: z.string(),
  /** Absent in runs of versions that did not record it. */
  splits: splitsSchema.optional(),
});

/** Says which training a run works on, and on which data. */
export async function recordTraining(
  store: Store,
  run: string,
  fingerprint: string,
  { manifest, train, validation }: Splits,
): Promise<void> {
  const splits = { manifest, train, validation };
  const record: z.infer<typeof trainingSchema> = { schemaVersion: 1, fingerprint, splits };
  await store.putRunFile(run, trainingFile, Buffer.from(`${JSON.stringify(record)}\n`));
}

/** The fingerprint of a run's training; undefined where it has not begun to train. */
export async function trainingOf(store: Store, run: string): Promise<string | undefined> {
  const content = await store.getRunFile(run, trainingFile);
  return content && trainingSchema.parse(JSON.parse(content.toString())).fingerprint;
}

const closedSchema = z.looseObject({
  stages: z.looseObject({ data: z.looseObject({ outputs: splitsSchema }) }),
});

/** What a run trains and validates on; undefined where it is not known. */
export async function splitsOf(store: Store, run: string): Promise<Splits | undefined> {
  const content = await store.getRunFile(run, trainingFile);
  const recorded = content && artifacts.parseDocument(content, trainingSchema).value?.splits;
  if (recorded !== undefined) return recorded;
  const record = await store.getRunFile(run, 'run.json');
  return record && artifacts.parseDocument(record, closedSchema).value?.stages.data.outputs;
}

/** What a JSON blob holds, for a schema to check. */
export async function readJson(store: Store, ref: artifacts.BlobRef): Promise<unknown> {
  return JSON.parse((await store.getBlob(ref)).toString());
}
