import { type Blobs, openBlobs } from './blobs.ts';
import { ensureBucket } from './bucket.ts';
import { type EpochRecords, openEpochRecords } from './epoch-records.ts';
import { openObjects } from './objects.ts';
import { openPointers, type Pointers } from './pointers.ts';
import { openRunFiles, type RunFiles } from './run-files.ts';
import type { StoreSettings } from './settings.ts';
import { openStageRecords, type StageRecords } from './stage-records.ts';

/** Everything that Atelier keeps, in one bucket. */
export interface Store extends Blobs, StageRecords, EpochRecords, RunFiles, Pointers {
  readonly bucket: string;
  /**
   * Makes the bucket where it is missing and shows that it can be written.
   * @throws UserError for refused credentials, a bucket that cannot be made or written
   */
  ensureBucket(): Promise<void>;
}

/**
 * Opens a store; nothing is sent before the first call. Every call has a timeout and throws
 * UserError (credentials, bucket, region) or WorldError (network, damage) and nothing else.
 */
export function createStore(settings: StoreSettings): Store {
  const objects = openObjects(settings);
  return {
    bucket: objects.bucket,
    ensureBucket: () => ensureBucket(objects),
    ...openBlobs(objects),
    ...openStageRecords(objects),
    ...openEpochRecords(objects),
    ...openRunFiles(objects),
    ...openPointers(objects),
  };
}
