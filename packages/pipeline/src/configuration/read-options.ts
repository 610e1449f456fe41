import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readOpenDescriptor } from '@atelier/data';
import type { DocumentKind } from '@atelier/files';
import { valueAt } from '@atelier/settings';
import type { RunConfig } from '../run-configuration.ts';
import type { RetrySettings } from '../workflow/retry-settings.ts';
import { type FlagValue, readFlags, retryFlags } from './flags.ts';
import { readRecipe } from './read-recipe.ts';
import { type RunOptions, runOptionsSchema, runSettings } from './run-options.ts';
import { explainIssue, placeModule, readTree, setAt, type Tree } from './settings-tree.ts';

export interface OptionSources {
  /** What holds where nothing else says another; the defaults unless given. */
  kept?: RunConfig | undefined;
  /** A name in the workspace's recipes, or the path of a JSON or YAML file. */
  recipe?: string | undefined;
  /** Path of a JSON or YAML file. */
  file?: string | undefined;
  flags: readonly FlagValue[];
  /** Tried first of all mirrors that the file and the flags do not name. */
  mirror?: string | undefined;
  workingDirectory: string;
  /** Where the default dataset and the recipes lie. */
  workspace: string;
}

/** The options, and whether file or flags name the dataset. */
export type ReadOptions = RunOptions & { namesDataset: boolean };

/**
 * Defaults < what is kept < recipe < file < flags, checked as a whole.
 * @throws UserError naming the field, what it expects and what it got
 */
export async function readOptions(sources: OptionSources): Promise<ReadOptions> {
  const { kept, recipe, file, flags, mirror, workingDirectory, workspace } = sources;
  const path = file === undefined ? undefined : resolve(workingDirectory, file);
  const tree = path === undefined ? {} : await readTree(path, configurationFile);
  if (path !== undefined) placeModule(tree, path);
  for (const { path: at, value } of flags) setAt(tree, at, value);
  if (recipe !== undefined) fill(tree, await readRecipe(recipe, workingDirectory, workspace));
  // What was found out about a module that is kept is no option of anybody's.
  const isKept = tree.network === undefined && kept?.network.architecture === 'module';
  const keptNetwork = isKept ? kept.network : undefined;
  if (kept !== undefined) fill(tree, isKept ? { ...kept, network: undefined } : kept);
  if (mirror !== undefined && tree.mirrors === undefined) tree.mirrors = [mirror];
  if (Array.isArray(tree.mirrors))
    tree.mirrors = tree.mirrors.map((address) => absoluteMirror(address, workingDirectory));

  const parsed = runOptionsSchema.safeParse(tree);
  if (!parsed.success) throw explainIssue(parsed.error.issues[0]!, tree, flags, path);
  const options = { ...parsed.data, ...(keptNetwork && { network: keptNetwork }) };

  const byFlag = flags.some(({ path: [first] }) => first === 'dataset');
  const inFile = !byFlag && tree.dataset !== undefined && path !== undefined;
  const base = byFlag ? workingDirectory : inFile ? dirname(path) : workspace;
  const namesDataset = tree.dataset !== undefined;
  return { ...options, dataset: resolve(base, options.dataset), namesDataset };
}

/** Adds what a tree does not say. Another kind of network has other options: none are added. */
function fill(tree: Tree, from: Tree | RunConfig): void {
  const architecture = valueAt(tree, ['network', 'architecture']);
  const isOther = ![undefined, valueAt(from, ['network', 'architecture'])].includes(architecture);
  for (const { path } of runSettings) {
    const value = valueAt(from, path);
    const [group] = path;
    // The dataset is kept as it was read; a seed that every night has of its own is none.
    if (group === 'dataset' || value === undefined || value === 'nightly') continue;
    if (group === 'network' && isOther) continue;
    if (valueAt(tree, path) === undefined) setAt(tree, path, value);
  }
}

/**
 * The settings that `retry` was given by flags; the run itself says what it refuses.
 * @throws UserError where the dataset's descriptor cannot be used
 */
export async function readRetrySettings(
  options: Record<string, unknown>,
  workingDirectory: string,
): Promise<RetrySettings> {
  const given = retryFlags.map(({ flag }) => [flag, options[flag]]);
  const tree: Tree & { dataset?: string; mirrors?: string[] } = {};
  for (const { path, value } of readFlags(Object.fromEntries(given))) setAt(tree, path, value);
  const { dataset, mirrors, ...settings } = tree;
  return {
    ...settings,
    ...(mirrors && { mirrors: mirrors.map((one) => absoluteMirror(one, workingDirectory)) }),
    ...(dataset && { dataset: await readOpenDescriptor(resolve(workingDirectory, dataset)) }),
  };
}

/** file://relative/folder is not a URL of a file, but what people write. */
function absoluteMirror<T>(address: T, workingDirectory: string): T | string {
  const relative = /^file:\/\/(?!\/|localhost\/)(.+)$/.exec(String(address))?.[1];
  if (relative === undefined) return address;
  return `${pathToFileURL(workingDirectory).href.replace(/\/$/, '')}/${relative}`;
}

const configurationFile: DocumentKind = {
  name: 'configuration file',
  expected: 'a JSON or YAML file',
  remedy: 'correct the path given to --config',
};
