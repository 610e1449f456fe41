export { type BlobRef, blobRefSchema, digestSchema } from './blob-ref.ts';
export { type BlobFault, blobKey, DamagedBlob } from './blobs.ts';
export type { CodeIdentity } from './code-identity.ts';
export { type Document, encodeDocument, type Parsed, parseDocument } from './documents.ts';
export {
  type EpochCommit,
  type EpochSchemas,
  epochCommitSchema,
  Overtaken,
} from './epoch-records.ts';
export { canonicalJson, fingerprint, type Json, sha256 } from './fingerprint.ts';
export { entryKey } from './logs.ts';
export { type Objects, openObjects, type StoredObject } from './objects.ts';
export type { Outbox } from './outbox.ts';
export { misled, type Pointer } from './pointers.ts';
export {
  type StageRecord,
  type StageSchemas,
  sameOutputs,
  stageRecordSchema,
} from './stage-records.ts';
export { createStore, type Store, storeOn } from './store.ts';
export { type StoreSettings, storeSettingsSchema } from './store-settings.ts';
export { clockDifference, sweepLease } from './sweep-documents.ts';
