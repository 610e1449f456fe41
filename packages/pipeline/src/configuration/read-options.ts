import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readOpenDescriptor } from '@atelier/data';
import { UserError } from '@atelier/errors';
import { readDocument } from '@atelier/files';
import { expectationOf, fieldsOf, show, valueAt } from '@atelier/settings';
import type { z } from 'zod';
import type { RunConfig } from '../run-configuration.ts';
import type { RetrySettings } from '../workflow/retry-settings.ts';
import { configurationFlags, type FlagValue, readFlags, retryFlags } from './flags.ts';
import { type RunOptions, runOptionsSchema, runSettings } from './run-options.ts';

export interface OptionSources {
  /** What holds where neither file nor flags say another; the defaults unless given. */
  kept?: RunConfig | undefined;
  /** Path of a JSON or YAML file. */
  file?: string | undefined;
  flags: readonly FlagValue[];
  /** Tried first of all mirrors that the file and the flags do not name. */
  mirror?: string | undefined;
  workingDirectory: string;
  /** Where the default dataset lies. */
  workspace: string;
}

type Tree = Record<string, unknown>;

/** The options, and whether file or flags name the dataset. */
export type ReadOptions = RunOptions & { namesDataset: boolean };

/**
 * Defaults < what is kept < file < flags, checked as a whole.
 * @throws UserError naming the field, what it expects and what it got
 */
export async function readOptions(sources: OptionSources): Promise<ReadOptions> {
  const { kept, file, flags, mirror, workingDirectory, workspace } = sources;
  const path = file === undefined ? undefined : resolve(workingDirectory, file);
  const tree = path === undefined ? {} : unfold(await readTree(path), path);
  for (const { path: at, value } of flags) setAt(tree, at, value);
  if (kept !== undefined) keep(tree, kept);
  if (mirror !== undefined && tree.mirrors === undefined) tree.mirrors = [mirror];
  if (Array.isArray(tree.mirrors))
    tree.mirrors = tree.mirrors.map((address) => absoluteMirror(address, workingDirectory));

  const parsed = runOptionsSchema.safeParse(tree);
  if (!parsed.success) throw explainIssue(parsed.error.issues[0]!, tree, flags, path);
  const options = parsed.data;

  const byFlag = flags.some(({ path: [first] }) => first === 'dataset');
  const inFile = !byFlag && tree.dataset !== undefined && path !== undefined;
  const base = byFlag ? workingDirectory : inFile ? dirname(path) : workspace;
  const namesDataset = tree.dataset !== undefined;
  return { ...options, dataset: resolve(base, options.dataset), namesDataset };
}

/** Adds what a tree does not say. Another kind of network has other options: none are kept. */
function keep(tree: Tree, kept: RunConfig): void {
  const { architecture } = (isGroup(tree.network) ? tree.network : {}) as Tree;
  const isOther = architecture !== undefined && architecture !== kept.network.architecture;
  for (const { path } of runSettings) {
    const value = valueAt(kept, path);
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

async function readTree(path: string): Promise<Tree> {
  const value = await readDocument(path, {
    name: 'configuration file',
    expected: 'a JSON or YAML file',
    remedy: 'correct the path given to --config',
  });
  if (value === null) return {};
  if (isGroup(value)) return value;
  throw new UserError({
    what: 'The configuration file is not usable.',
    where: path,
    expected: 'fields and values, as JSON or YAML',
    found: Array.isArray(value) ? 'a list' : typeof value,
  });
}

const isGroup = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A file may use the flags' own names at its top: `epochs` for `recipe.epochs`. */
function unfold(tree: Tree, where: string): Tree {
  for (const { flag, path } of shorthands) {
    if (tree[flag] === undefined) continue;
    if (valueAt(tree, path) !== undefined)
      throw new UserError({
        what: `The configuration says ${flag} twice.`,
        where,
        expected: `${flag} or ${path.join('.')}`,
        found: 'both',
      });
    setAt(tree, path, tree[flag]);
    delete tree[flag];
  }
  return tree;
}

/** Names that a file may use at its top for a field of a group. */
const shorthands = configurationFlags.filter(({ path }) => path.length > 1);

/** What stands where a group belongs stays, for the schema to refuse. */
function setAt(tree: Tree, [first, ...rest]: readonly string[], value: unknown): void {
  if (first === undefined) return;
  if (rest.length === 0) {
    tree[first] = value;
    return;
  }
  tree[first] ??= {};
  const below = tree[first];
  if (isGroup(below)) setAt(below, rest, value);
}

/** What is wrong with a configuration, in terms of what the person wrote. */
function explainIssue(
  issue: z.core.$ZodIssue,
  tree: unknown,
  flags: readonly FlagValue[],
  file: string | undefined,
): UserError {
  if (issue.code === 'unrecognized_keys') {
    const field = [...issue.path, issue.keys[0]!].join('.');
    const known = [...fieldsAt(issue.path), ...(issue.path.length === 0 ? shorthands : [])];
    return new UserError({
      what: `The configuration has an unknown field: ${field}`,
      ...(file ? { where: file } : {}),
      expected: `one of ${known.map((one) => (typeof one === 'string' ? one : one.flag)).join(', ')}`,
      found: field,
    });
  }
  const flag = flags.find(({ path }) => path.every((key, i) => issue.path[i] === key));
  const field = issue.path.join('.');
  const found = show(flag ? flag.value : valueAt(tree, issue.path));
  return new UserError({
    what: `${flag?.flag ?? field} cannot have this value.`,
    where: flag ? `${flag.flag} (${field})` : `${field} in ${file ?? 'the configuration'}`,
    ...{ expected: expectationOf(issue), found },
  });
}

/** The field names that the configuration knows at a path. */
function fieldsAt(path: readonly PropertyKey[]): string[] {
  const group = path.reduce<z.core.$ZodType | undefined>(
    (schema, key) => schema && fieldsOf(schema)[String(key)],
    runOptionsSchema,
  );
  return group ? Object.keys(fieldsOf(group)) : [];
}
