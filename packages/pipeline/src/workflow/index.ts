export { pruneRuns } from './prune-runs.ts';
export { trainingPipeline } from './training-pipeline.ts';
