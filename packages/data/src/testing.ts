export { type SyntheticOptions, syntheticDataset } from './synthetic-dataset.ts';
