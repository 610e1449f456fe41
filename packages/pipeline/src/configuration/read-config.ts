import { readOpenDescriptor } from '@atelier/data';
import { readEnvironment } from '@atelier/environment';
import { UserError } from '@atelier/errors';
import type { AskedConfig, RunConfig } from '../run-configuration.ts';
import { readFlags } from './flags.ts';
import { resolvePromotion } from './gate-settings.ts';
import { readNetworkFlags } from './network-flags.ts';
import { readPublishedReference } from './published-reference.ts';
import { type ReadOptions, readOptions } from './read-options.ts';
import { isAsked, type RunOptions } from './run-options.ts';

interface ConfigFlags extends Record<string, unknown> {
  recipe?: string;
  config?: string;
  network?: string;
  networkOptions?: string[];
}

/**
 * Defaults, recipe, file, flags and dataset of a command, checked.
 * @param unseeded what a run gets where nothing says a seed
 * @param kept what holds in place of the defaults, and of the dataset where none is named
 * @throws UserError for what a person has to correct
 */
export async function readConfig(
  options: ConfigFlags,
  unseeded?: RunConfig['seed'],
  kept?: RunConfig,
): Promise<AskedConfig> {
  const { namesDataset, ...resolved } = await readGiven(options, kept);
  const byDefault = unseeded === 'nightly' && kept === undefined;
  const config = await (kept === undefined || namesDataset
    ? askedConfig(resolved, unseeded, byDefault)
    : keptConfig(kept, resolved, unseeded));
  // In a file it may be what another command is told.
  const isSeveral = (resolved.nightly?.seeds ?? 1) > 1;
  if (options.nightlySeeds !== undefined && isSeveral && !config.promote)
    throw new UserError({
      what: 'Only a run that promotes trains several seeds and chooses one.',
      where: '--nightlySeeds (nightly.seeds)',
      expected: 'a run that promotes',
      found: 'one that does not',
      remedy: 'give `--promote` too; `start --seeds` starts a run for each of several seeds',
    });
  return config;
}

/**
 * All that a command was given but for its dataset, for what takes long before that is there.
 * @throws UserError for what a person has to correct
 */
export async function checkGiven(options: ConfigFlags): Promise<void> {
  await readGiven(options);
}

function readGiven(options: ConfigFlags, kept?: RunConfig): Promise<ReadOptions> {
  const { workspace, datasetMirror } = readEnvironment();
  return readOptions({
    kept,
    recipe: options.recipe,
    file: options.config,
    flags: [...readFlags(options), ...readNetworkFlags(options)],
    mirror: datasetMirror,
    workingDirectory: process.cwd(),
    workspace,
  });
}

/** A configuration with other options and its own dataset. */
function keptConfig(
  kept: RunConfig,
  { dataset: _, seed, promote, gateCount, gate, nightly, ...others }: RunOptions,
  unseeded: RunConfig['seed'] = 1,
): AskedConfig {
  const asked = { promote, gateCount, gate, nightly };
  const promotion = resolvePromotion(asked, kept.dataset.validationCount, false);
  const { promote: _p, gateCount: _c, gate: _g, nightly: _n, ...rest } = kept;
  return { ...rest, ...others, ...promotion, seed: seed ?? unseeded };
}

/**
 * Everything that a run needs, where its network is one of Atelier's own kinds.
 * @param unseeded what a run without a seed of its own gets
 * @throws UserError where the dataset's descriptor cannot be used
 */
export async function resolveRunConfig(
  options: RunOptions,
  unseeded?: RunConfig['seed'],
): Promise<RunConfig> {
  const { network, ...config } = await askedConfig(options, unseeded);
  if (isAsked(network)) throw new Error('This network has to be looked at first.');
  return { ...config, network };
}

/**
 * Everything that a run needs, so that a worker on another machine needs no file of this one.
 * @param unseeded what a run without a seed of its own gets
 * @param promotes whether it promotes where nothing says so
 * @throws UserError where the dataset's descriptor cannot be used
 */
async function askedConfig(
  { dataset: path, seed, promote, gateCount, gate, nightly, ...options }: RunOptions,
  unseeded: RunConfig['seed'] = 1,
  promotes = false,
): Promise<AskedConfig> {
  const reference = await readPublishedReference(path);
  const dataset = await readOpenDescriptor(path);
  return {
    schemaVersion: 1,
    dataset,
    seed: seed ?? unseeded,
    ...options,
    ...resolvePromotion({ promote, gateCount, gate, nightly }, dataset.validationCount, promotes),
    searchAttributes: true,
    ...(reference && { reference }),
  };
}
