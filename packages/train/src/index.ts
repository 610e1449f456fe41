export { decodeCheckpoint } from './checkpoint.ts';
export type { Recipe } from './configuration.ts';
export type { Normalisation } from './normalisation.ts';
export {
  runTraining,
  type TrainingEvent,
  type TrainingRequest,
} from './run-training.ts';
