export type { Normalisation } from '@atelier/model';
export { type CheckpointIdentity, checkpointHeader, decodeCheckpoint } from './checkpoint.ts';
export type { Recipe } from './recipe.ts';
export {
  runTraining,
  type TrainingEvent,
  type TrainingRequest,
} from './run-training.ts';
