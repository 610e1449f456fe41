export { differenceInterval, type Proportion } from './difference-interval.ts';
export { evaluatePredictions } from './evaluate-predictions.ts';
export { type PredictionJob, type PredictOptions, predict } from './predict.ts';
export {
  decodePredictions,
  encodePredictions,
  type Predictions,
  predictedClasses,
} from './predictions.ts';
export type {
  Calibration,
  ClassMetrics,
  ConfusedPair,
  Contender,
  Evaluation,
  Interval,
  MeanMetrics,
  Mistake,
  Selection,
} from './schema.ts';
export { evaluationSchema, selectionSchema } from './schema.ts';
export { selectCheckpoint } from './select-checkpoint.ts';
export { wilsonInterval } from './wilson-interval.ts';
