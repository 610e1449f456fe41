export type { Environment } from '@atelier/tensorflow';
export { decodeCheckpoint } from './checkpoint.ts';
export type { Recipe } from './configuration.ts';

export { environmentChanges } from './environment-changes.ts';
export type { EpochRecord } from './epoch-record.ts';
export type { Normalisation } from './normalisation.ts';
export {
  runTraining,
  type TrainingEvent,
  type TrainingRequest,
} from './run-training.ts';
