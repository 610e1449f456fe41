import { readOpenDescriptor } from '@atelier/data';
import { readEnvironment } from '@atelier/environment';
import type { RunConfig } from '../run-configuration.ts';
import { readFlags } from './flags.ts';
import { readPublishedReference } from './published-reference.ts';
import { readOptions } from './read-options.ts';
import type { RunOptions } from './run-options.ts';

/**
 * Defaults, file, flags and dataset of a command, checked.
 * @param unseeded what a run gets where neither file nor flags say a seed
 * @param kept what holds in place of the defaults, and of the dataset where none is named
 * @throws UserError for what a person has to correct
 */
export async function readConfig(
  options: Record<string, unknown> & { config?: string },
  unseeded?: RunConfig['seed'],
  kept?: RunConfig,
): Promise<RunConfig> {
  const { workspace, datasetMirror } = readEnvironment();
  const { namesDataset, ...resolved } = await readOptions({
    kept,
    file: options.config,
    flags: readFlags(options),
    mirror: datasetMirror,
    workingDirectory: process.cwd(),
    workspace,
  });
  if (kept === undefined || namesDataset) return resolveRunConfig(resolved, unseeded);
  const { seed = unseeded ?? 1, dataset: _, ...others } = resolved;
  return { ...kept, ...others, seed };
}

/**
 * Everything that a run needs, so that a worker on another machine needs no file of this one.
 * @param unseeded what a run without a seed of its own gets
 * @throws UserError where the dataset's descriptor cannot be used
 */
export async function resolveRunConfig(
  { dataset, seed, ...options }: RunOptions,
  unseeded: RunConfig['seed'] = 1,
): Promise<RunConfig> {
  const reference = await readPublishedReference(dataset);
  return {
    schemaVersion: 1,
    dataset: await readOpenDescriptor(dataset),
    seed: seed ?? unseeded,
    ...options,
    searchAttributes: true,
    ...(reference && { reference }),
  };
}
