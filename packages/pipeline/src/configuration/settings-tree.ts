import { dirname, resolve } from 'node:path';
import { UserError } from '@atelier/errors';
import { type DocumentKind, readDocument } from '@atelier/files';
import { expectationOf, fieldsOf, kindOf, show, valueAt } from '@atelier/settings';
import type { z } from 'zod';
import { configurationFlags, type FlagValue } from './flags.ts';
import { runOptionsSchema } from './run-options.ts';

/** Settings as a person wrote them, by group and field, before they are checked. */
export type Tree = Record<string, unknown>;

/**
 * What a file says, as groups of fields.
 * @throws UserError where it cannot be read, holds no fields or says one of them twice
 */
export async function readTree(path: string, kind: DocumentKind): Promise<Tree> {
  const value = await readDocument(path, kind);
  if (value === null) return {};
  if (isGroup(value)) return unfold(value, path);
  throw new UserError({
    what: `The ${kind.name} is not usable.`,
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

/** A module lies beside the file that names it. */
export function placeModule(tree: Tree, file: string): void {
  const path = valueAt(tree, ['network', 'module']);
  if (typeof path === 'string') setAt(tree, ['network', 'module'], resolve(dirname(file), path));
}

/** Names that a file may use at its top for a field of a group. */
const shorthands = configurationFlags.filter(({ path }) => path.length > 1);

/** What stands where a group belongs stays, for the schema to refuse. */
export function setAt(tree: Tree, [first, ...rest]: readonly string[], value: unknown): void {
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
export function explainIssue(
  issue: z.core.$ZodIssue,
  tree: unknown,
  flags: readonly FlagValue[],
  file: string | undefined,
): UserError {
  if (issue.code === 'unrecognized_keys') {
    const field = [...issue.path, issue.keys[0]!].join('.');
    const { fields, by } = fieldsAt(issue.path, tree);
    const known = [...fields, ...(issue.path.length === 0 ? shorthands : [])];
    const given = flags.find(({ path }) => path.join('.') === field);
    // A flag is always somebody's: another kind of network has it.
    if (given !== undefined && by !== undefined)
      return new UserError({
        what: `${given.flag} is for another ${by}.`,
        where: `${given.flag} (${field})`,
        expected: `one of ${fields.join(', ')}`,
        found: issue.keys[0]!,
        remedy: `leave it out, or choose another ${by}`,
      });
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

/**
 * The field names that the configuration knows at a path: of networks of several kinds, those of the
 * kind that it names, and by which field it does.
 */
function fieldsAt(
  path: readonly PropertyKey[],
  tree: unknown,
): { fields: string[]; by?: string | undefined } {
  const group = path.reduce<z.core.$ZodType | undefined>(
    (schema, key) => schema && fieldsOf(schema)[String(key)],
    runOptionsSchema,
  );
  if (group === undefined) return { fields: [] };
  const { schema, by } = kindOf(group, valueAt(tree, path));
  return { fields: Object.keys(fieldsOf(schema)), by };
}
