import { UserError } from '@atelier/errors';
import { show, valueAt } from '@atelier/settings';
import { z } from 'zod';
import type { DatasetFile, DatasetFormat } from './formats/format.ts';
import { idx, idxSchema } from './formats/idx.ts';

/** All formats, by the name that a descriptor's field `format` gives; `idx` where it gives none. */
const formats = { idx };
const schemas = [idxSchema] as const;

/** What a dataset is made of and where its files are; a kind for each format. */
export const descriptorSchema = z.discriminatedUnion('format', schemas, {
  error: ({ code }) =>
    code === 'invalid_union' ? `expected ${Object.keys(formats).join(' or ')}` : undefined,
});

export type DatasetDescriptor = z.output<typeof descriptorSchema>;

type AnyFormat = DatasetFormat<DatasetDescriptor, string>;

export const formatOf = ({ format }: DatasetDescriptor): AnyFormat => formats[format ?? 'idx'];

/** A dataset's files by the part that each plays in its format. */
export const filesOf = ({ files }: DatasetDescriptor): [role: string, file: DatasetFile][] =>
  Object.entries(files);

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
    expected: issue.message.replace(/^expected /, ''),
    found: show(valueAt(value, issue.path)),
    remedy:
      others.length === 0
        ? 'correct this field'
        : `correct this field, then ${others.map((other) => fieldName(other.path)).join(', ')}`,
  });
}

const fieldName = (path: PropertyKey[]): string =>
  path.length === 0 ? 'the whole file' : `field ${path.map(String).join('.')}`;
