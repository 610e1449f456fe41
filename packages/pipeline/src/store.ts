import * as artifacts from '@atelier/artifacts';
import { type Environment, environmentSchema } from '@atelier/tensorflow/environment';
import { type EpochMetrics, epochMetricsSchema } from '@atelier/train/epochs';

/** The store, told what trainings record of their epochs. */
export type Store = artifacts.Store<EpochMetrics, Environment>;

/** A committed epoch of a training. */
export type EpochCommit = artifacts.EpochCommit<EpochMetrics, Environment>;

export const openStore = (settings: artifacts.StoreSettings): Store =>
  artifacts.createStore(settings, { metrics: epochMetricsSchema, environment: environmentSchema });
