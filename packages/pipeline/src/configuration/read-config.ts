import { readOpenDescriptor } from '@atelier/data';
import { readEnvironment } from '@atelier/environment';
import type { RunConfig } from '../run-configuration.ts';
import { readFlags } from './flags.ts';
import { resolvePromotion } from './gate-settings.ts';
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
  const byDefault = unseeded === 'nightly' && kept === undefined;
  if (kept === undefined || namesDataset) return resolveRunConfig(resolved, unseeded, byDefault);
  const { seed = unseeded ?? 1, dataset: _, promote, gateCount, gate, ...others } = resolved;
  const { validationCount } = kept.dataset;
  const promotion = resolvePromotion({ promote, gateCount, gate }, validationCount, byDefault);
  const { promote: _p, gateCount: _c, gate: _g, ...rest } = kept;
  return { ...rest, ...others, ...promotion, seed };
}

/**
 * Everything that a run needs, so that a worker on another machine needs no file of this one.
 * @param unseeded what a run without a seed of its own gets
 * @param promotes whether it promotes where nothing says so
 * @throws UserError where the dataset's descriptor cannot be used
 */
export async function resolveRunConfig(
  { dataset: path, seed, promote, gateCount, gate, ...options }: RunOptions,
  unseeded: RunConfig['seed'] = 1,
  promotes = false,
): Promise<RunConfig> {
  const reference = await readPublishedReference(path);
  const dataset = await readOpenDescriptor(path);
  return {
    schemaVersion: 1,
    dataset,
    seed: seed ?? unseeded,
    ...options,
    ...resolvePromotion({ promote, gateCount, gate }, dataset.validationCount, promotes),
    searchAttributes: true,
    ...(reference && { reference }),
  };
}
