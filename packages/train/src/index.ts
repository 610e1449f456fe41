export type { Environment } from '@atelier/tensorflow';
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
export type { Augmentation, Recipe } from './configuration.ts';
export { cosineLearningRate } from './cosine-schedule.ts';
export type { LabelledImages } from './device-training.ts';
export { environmentChanges } from './environment-changes.ts';
export type { EpochRecord } from './epoch-record.ts';
export type { Normalisation } from './normalisation.ts';
export {
  runTraining,
  type TrainingEvent,
  type TrainingHooks,
  type TrainingRequest,
  type TrainingResult,
} from './run-training.ts';
export { type TrainingOptions, train } from './train.ts';
