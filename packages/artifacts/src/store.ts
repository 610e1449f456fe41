import { type Blobs, openBlobs } from './blobs.ts';
import { ensureBucket, hasBucket } from './bucket.ts';
import { type EpochRecords, type EpochSchemas, openEpochRecords } from './epoch-records.ts';
import { type IndexDocuments, openIndexDocuments } from './index-documents.ts';
import { type Logs, openLogs } from './logs.ts';
import { type Objects, openObjects } from './objects.ts';
import { type Outbox, openOutbox } from './outbox.ts';
import { openPointers, type Pointers } from './pointers.ts';
import { openPublishedFiles, type PublishedFiles } from './published-files.ts';
import { openRunFiles, type RunFiles } from './run-files.ts';
import { openStageRecords, type StageRecords } from './stage-records.ts';
import type { StoreSettings } from './store-settings.ts';
import { type IsGone, openSweepDocuments, type SweepDocuments } from './sweep-documents.ts';
import { openThinnedCheckpoints, type ThinnedCheckpoints } from './thinned-checkpoints.ts';

/** Everything that Atelier keeps, in one bucket. */
export interface Store<Metrics = unknown, Environment = unknown>
  extends Blobs,
    StageRecords,
    EpochRecords<Metrics, Environment>,
    ThinnedCheckpoints,
    RunFiles,
    Outbox,
    Pointers,
    Logs,
    PublishedFiles,
    IndexDocuments,
    SweepDocuments {
  readonly bucket: string;
  /**
   * Makes the bucket where it is missing and shows that it can be written.
   * @throws UserError for refused credentials, a bucket that cannot be made or written
   */
  ensureBucket(): Promise<void>;
  /**
   * Whether the bucket is there and may be read; changes nothing.
   * @throws UserError for refused credentials
   */
  hasBucket(): Promise<boolean>;
}

/**
 * Opens a store; nothing is sent before the first call. Every call has a timeout and throws
 * UserError (credentials, bucket, region) or WorldError (network, damage) and nothing else.
 * @param epochs what records of epochs hold
 * @param isGone see {@link openSweepDocuments}
 */
export function createStore<Metrics, Environment>(
  settings: StoreSettings,
  epochs: EpochSchemas<Metrics, Environment>,
  isGone?: IsGone,
): Store<Metrics, Environment> {
  return storeOn(openObjects(settings), epochs, isGone);
}

/** The same on any object store. */
export function storeOn<Metrics, Environment>(
  objects: Objects,
  epochs: EpochSchemas<Metrics, Environment>,
  isGone?: IsGone,
): Store<Metrics, Environment> {
  const sweeps = openSweepDocuments(objects, isGone);
  return {
    bucket: objects.bucket,
    ensureBucket: () => ensureBucket(objects),
    hasBucket: () => hasBucket(objects),
    ...openBlobs(objects),
    ...openStageRecords(objects, sweeps),
    ...openEpochRecords(objects, epochs, sweeps),
    ...openThinnedCheckpoints(objects),
    ...openRunFiles(objects),
    ...openOutbox(objects),
    ...openPointers(objects),
    ...openLogs(objects),
    ...openPublishedFiles(objects),
    ...openIndexDocuments(objects),
    ...sweeps,
  };
}
