export { openAnsweringModel } from './answering-model.ts';
export { storedEvaluationSchema } from './earlier-evaluation.ts';
export { evaluatePredictions } from './evaluate-predictions.ts';
export { differenceInterval, relationOf, wilsonInterval } from './intervals.ts';
export { predict } from './predict.ts';
export {
  decodePredictions,
  encodePredictions,
  type Predictions,
  predictedClasses,
} from './predictions.ts';
export type {
  Evaluation,
  Mistake,
  Selection,
} from './schema.ts';
export { evaluationSchema, selectionSchema } from './schema.ts';
export { selectCheckpoint } from './select-checkpoint.ts';
export {
  type MetricName,
  type TestMetric,
  testMetricList,
  testResult,
} from './test-metrics.ts';
