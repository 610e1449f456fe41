import { UserError } from '@atelier/errors';
import type { z } from 'zod';
import { configurationFlags, type FlagValue } from './flags.ts';
import { runOptionsSchema } from './run-options.ts';

type Issue = z.core.$ZodIssue;

/** What is wrong with a configuration, in terms of what the person wrote. */
export function explainIssue(
  issue: Issue,
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
      expected: `one of ${known.join(', ')}`,
      found: field,
    });
  }
  const flag = flags.find(({ path }) => path.every((key, i) => issue.path[i] === key));
  const field = issue.path.join('.');
  const found = flag ? flag.value : valueAt(tree, issue.path);
  return new UserError({
    what: `${flag?.flag ?? field} cannot have this value.`,
    where: flag ? `${flag.flag} (${field})` : `${field} in ${file ?? 'the configuration'}`,
    expected: expectation(issue),
    found: found === undefined ? 'nothing' : JSON.stringify(found),
  });
}

/** Names that a file may use at its top for a field of a group. */
const shorthands = configurationFlags.filter(({ path }) => path.length > 1).map(({ name }) => name);

/** The field names that the configuration knows at a path. */
function fieldsAt(path: readonly PropertyKey[]): string[] {
  let schema: unknown = runOptionsSchema;
  for (const key of path) schema = shapeOf(schema)?.[String(key)];
  return Object.keys(shapeOf(schema) ?? {});
}

/** Looks through defaults and other wrappers. */
function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  const { shape, def } = schema as {
    shape?: Record<string, unknown>;
    def?: { innerType?: unknown };
  };
  return shape ?? (def?.innerType === undefined ? undefined : shapeOf(def.innerType));
}

function expectation(issue: Issue): string {
  if (issue.code === 'invalid_type')
    return issue.expected === 'int' ? 'a whole number' : `a ${issue.expected}`;
  if (issue.code === 'too_small')
    return `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unit(issue.origin)}`;
  if (issue.code === 'too_big')
    return `${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unit(issue.origin)}`;
  if (issue.code === 'invalid_value') return issue.values.map(String).join(' or ');
  return issue.message.replace(/^expected /, '');
}

const unit = (origin: string): string =>
  origin === 'array' ? ' entries' : origin === 'string' ? ' characters' : '';

function valueAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    tree,
  );
}
