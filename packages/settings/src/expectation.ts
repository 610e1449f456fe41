import type { z } from 'zod';

/** What a schema wants where it found something else, in words that follow "expected". */
export function expectationOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int'
        ? 'a whole number'
        : `a ${nouns[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return `${issue.inclusive === false ? 'more than' : 'at least'} ${count(issue.minimum, issue.origin)}`;
    case 'too_big':
      return `${issue.inclusive === false ? 'less than' : 'at most'} ${count(issue.maximum, issue.origin)}`;
    case 'invalid_value':
      return issue.values.map(String).join(' or ');
    case 'unrecognized_keys':
      return `no field ${issue.keys.join(', ')}`;
    default:
      return issue.message.replace(/^expected /, '');
  }
}

const nouns: Record<string, string> = { array: 'list', object: 'group of fields', string: 'text' };

const things: Record<string, readonly [string, string]> = {
  array: ['entry', 'entries'],
  string: ['character', 'characters'],
};

function count(limit: number | bigint, of: string): string {
  const [one, many] = things[of] ?? [];
  return [String(limit), Number(limit) === 1 ? one : many].filter(Boolean).join(' ');
}

/** What stands at an issue's path; undefined where nothing does. */
export const valueAt = (tree: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    tree,
  );
