export type { ComparedRun } from './align-predictions.ts';
export {
  comparedMetrics,
  compareRuns,
  pValueEquals,
  pValueText,
  scopes,
  significance,
  verdictOf,
} from './compare-runs.ts';
export { countPairs, differenceOfPairs } from './paired-proportions.ts';
export {
  comparisonSchema,
  type Difference,
  type DividedExample,
  differenceSchema,
} from './schema.ts';
