import { readFile } from 'node:fs/promises';
import { UserError } from '@atelier/errors';
import { fileFailure } from '@atelier/files';
import type { z } from 'zod';
import { type DatasetDescriptor, descriptorSchema } from './descriptor.ts';

/**
 * Reads a dataset descriptor (JSON).
 * @throws UserError that names the field which is wrong, what it expects and what it holds
 */
export async function readDescriptor(path: string): Promise<DatasetDescriptor> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileFailure(error, path);
  });
  return checkDescriptor(parseJson(text, path), path);
}

/**
 * @param where names the value in errors
 * @throws UserError that names the field which is wrong, what it expects and what it holds
 */
export function checkDescriptor(value: unknown, where: string): DatasetDescriptor {
  const result = descriptorSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue, ...others] = result.error.issues as [z.core.$ZodIssue, ...z.core.$ZodIssue[]];
  throw new UserError({
    what: 'The dataset descriptor is not valid.',
    where: `${where}, ${fieldName(issue.path)}`,
    expected: issue.message,
    found: show(issue.path.reduce(member, value)),
    remedy:
      others.length === 0
        ? 'correct this field'
        : `correct this field, then ${others.map((other) => fieldName(other.path)).join(', ')}`,
  });
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(
      {
        what: 'The dataset descriptor is not valid JSON.',
        where: path,
        found: (error as Error).message,
      },
      { cause: error },
    );
  }
}

const fieldName = (path: PropertyKey[]): string =>
  path.length === 0 ? 'the whole file' : `field ${path.map(String).join('.')}`;

const member = (value: unknown, key: PropertyKey): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Record<PropertyKey, unknown>)[key]
    : undefined;

function show(value: unknown): string {
  const json = JSON.stringify(value);
  if (json === undefined) return 'nothing';
  return json.length > 120 ? `${json.slice(0, 120)}…` : json;
}
