import * as artifacts from '@atelier/artifacts';
import { blobRefSchema, digestSchema } from '@atelier/artifacts/blob-ref';
import { WorldError } from '@atelier/errors';
import { type Environment, environmentSchema } from '@atelier/tensorflow/environment';
import { type EpochMetrics, epochMetricsSchema } from '@atelier/train/epochs';
import { z } from 'zod';
import { partsAmong } from './output-parts.ts';
import { goneWorker } from './worker/worker-identity.ts';

/** The store, told what trainings record of their epochs. */
export type Store = artifacts.Store<EpochMetrics, Environment>;

/** A committed epoch of a training. */
export type EpochCommit = artifacts.EpochCommit<EpochMetrics, Environment>;

const isGone = (identity: string): boolean => goneWorker(identity) !== undefined;

const epochs = { metrics: epochMetricsSchema, environment: environmentSchema };

export const openStore = (settings: artifacts.StoreSettings): Store =>
  artifacts.createStore(settings, epochs, isGone);

/** The same on any object store. */
export const openStoreOn = (objects: artifacts.Objects): Store =>
  artifacts.storeOn(objects, epochs, isGone);

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
  /** Of those that are in shards, so that nobody removes them. */
  shards: z.array(blobRefSchema).min(1).optional(),
});
type Splits = z.infer<typeof splitsSchema>;

const trainingSchema = z.strictObject({
  schemaVersion: z.literal(1),
  fingerprint: digestSchema,
  /** Absent in runs of versions that did not record it. */
  splits: splitsSchema.optional(),
});
type Training = z.infer<typeof trainingSchema>;

type DataOutputs = Omit<Splits, 'shards'> & { [output: string]: artifacts.BlobRef };

function splitsAmong({ manifest, train, validation, ...others }: DataOutputs): Splits {
  const shards = partsAmong(others, ['train', 'validation']);
  return { manifest, train, validation, ...(shards.length > 0 && { shards }) };
}

/** Says which training a run works on, and on which data. */
export async function recordTraining(
  store: Store,
  run: string,
  fingerprint: string,
  outputs: DataOutputs,
): Promise<void> {
  const splits = splitsAmong(outputs);
  const record: Training = { schemaVersion: 1, fingerprint, splits };
  await store.putRunFile(run, trainingFile, Buffer.from(`${JSON.stringify(record)}\n`));
  await store.outliveSweep((key) => key.startsWith(`stages/train/${fingerprint}`));
}

/**
 * Says that a run goes on with what a stage made, so that nobody removes it while the run needs it.
 * @throws WorldError where somebody has removed it just before: then it is to be made again
 */
export async function recordStage(
  store: Pick<Store, 'putRunFile' | 'holdObjects'>,
  run: string,
  stage: string,
  { fingerprint, outputs }: { fingerprint: string; outputs: Record<string, artifacts.BlobRef> },
): Promise<void> {
  const note = { schemaVersion: 1, fingerprint, outputs };
  await store.putRunFile(run, `stages/${stage}.json`, Buffer.from(`${JSON.stringify(note)}\n`));
  const keys = [
    `stages/${stage}/${fingerprint}.json`,
    ...Object.values(outputs).map(artifacts.blobKey),
  ];
  const [gone] = await store.holdObjects(keys);
  if (gone === undefined) return;
  throw new WorldError({
    what: `What stage ${stage} made was removed as unneeded just before run ${run} said that it needs it.`,
    where: gone,
    remedy: 'none: it is made again',
  });
}

/** Which training a run works on, or why that cannot be read; undefined before it trains. */
export const trainingOf = (
  store: Pick<Store, 'readRunDocument'>,
  run: string,
): Promise<artifacts.Parsed<Training> | undefined> =>
  store.readRunDocument(run, trainingFile, trainingSchema);

const closedSchema = z.looseObject({
  stages: z.looseObject({
    data: z.looseObject({
      outputs: splitsSchema.omit({ shards: true }).catchall(blobRefSchema),
    }),
  }),
});

/** What a run says that it trains and validates on, in its records, the better one first. */
export async function splitsOf(
  store: Pick<Store, 'readRunDocument'>,
  run: string,
): Promise<Splits[]> {
  const [training, closed] = await Promise.all([
    trainingOf(store, run),
    store.readRunDocument(run, 'run.json', closedSchema),
  ]);
  const outputs = closed?.value?.stages.data.outputs;
  return [training?.value?.splits, outputs && splitsAmong(outputs)].flatMap((it) => it ?? []);
}
