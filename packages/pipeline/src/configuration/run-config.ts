import { type DatasetDescriptor, readDescriptor } from '@atelier/data';
import type { RunConfig } from '../run-configuration.ts';
import type { RunOptions } from './run-options.ts';

/**
 * Everything that a run needs, so that a worker on another machine needs no file of this one.
 * @param unseeded what a run without a seed of its own gets
 * @throws UserError where the dataset's descriptor cannot be used
 */
export async function resolveRunConfig(
  { dataset, seed, ...options }: RunOptions,
  unseeded: RunConfig['seed'] = 1,
): Promise<RunConfig> {
  const descriptor: DatasetDescriptor = await readDescriptor(dataset);
  return {
    schemaVersion: 1,
    dataset: descriptor,
    seed: seed ?? unseeded,
    ...options,
    searchAttributes: true,
  };
}
