export { storedEvaluationSchema } from './earlier-evaluation.ts';
export { evaluatePredictions } from './evaluate-predictions.ts';
export { differenceInterval, type Proportion, wilsonInterval } from './intervals.ts';
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
  Coverage,
  Evaluation,
  Interval,
  MeanMetrics,
  Measure,
  Mistake,
  Selection,
  TestResult,
} from './schema.ts';
export { evaluationSchema, selectionSchema, testResultSchema } from './schema.ts';
export { selectCheckpoint } from './select-checkpoint.ts';
export {
  type MetricName,
  type TestMetric,
  testMetricList,
  testResult,
} from './test-metrics.ts';
