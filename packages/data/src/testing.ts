export { syntheticDataset } from './synthetic-dataset.ts';
