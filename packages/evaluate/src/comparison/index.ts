export type { ComparedRun } from './align-predictions.ts';
export { compareRuns, pValueText, scopes, verdictOf } from './compare-runs.ts';
export { comparisonSchema, type Difference, type DividedExample } from './schema.ts';
