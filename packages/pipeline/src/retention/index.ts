export { usualTerms } from './condemned.ts';
export { readCensus } from './read-census.ts';
export { removableRuns } from './removable-runs.ts';
export { sweep } from './sweep.ts';
