import { UserError } from '@atelier/errors';
import { expectationOf, show, valueAt } from '@atelier/settings';
import { z } from 'zod';
import {
  npzSchema,
  openNpzSchema,
  openSafetensorsSchema,
  safetensorsSchema,
} from './formats/arrays.ts';
import { folderSchema, openFolderSchema } from './formats/folder.ts';
import type { DatasetFile } from './formats/format.ts';
import { idxSchema, openIdxSchema } from './formats/idx.ts';

/** What the descriptors of all formats hold; official-sets.ts has how each is read, which workflows never do. */
const schemas = [idxSchema, folderSchema, npzSchema, safetensorsSchema] as const;
const openSchemas = [
  openIdxSchema,
  openFolderSchema,
  openNpzSchema,
  openSafetensorsSchema,
] as const;

const unknownFormat = {
  error: ({ code }: { code?: string }) =>
    code === 'invalid_union' ? 'expected idx, folder, npz or safetensors' : undefined,
};

/** Either some of the test images are for validation, or some of the training images. */
function checkValidation(
  {
    validation,
    validationCount,
  }: Pick<z.output<typeof idxSchema>, 'validation' | 'validationCount'>,
  context: z.RefinementCtx,
): void {
  if ((validation === undefined) !== (validationCount === undefined)) return;
  const message = 'expected validationCount or validation, and not both';
  context.addIssue({ code: 'custom', message, input: validationCount, path: ['validationCount'] });
}

/** What a dataset is made of and where its files are; a kind for each format. */
export const descriptorSchema = z
  .discriminatedUnion('format', schemas, unknownFormat)
  .superRefine(checkValidation);

export type DatasetDescriptor = z.output<typeof descriptorSchema>;

/**
 * A descriptor as a person writes it: files may be followed, and then every run finds out what they
 * are at that time. With what it has found it is a `DatasetDescriptor`.
 */
export const openDescriptorSchema = z
  .discriminatedUnion('format', openSchemas, unknownFormat)
  .superRefine(checkValidation)
  .superRefine((descriptor, context) => {
    const { contract: input } = descriptor;
    if (input === undefined || !isFixed(descriptor)) return;
    const message = 'expected only where a file is followed: what is fixed never changes';
    context.addIssue({ code: 'custom', message, input, path: ['contract'] });
  });

export type OpenDescriptor = z.output<typeof openDescriptorSchema>;

/** Whether no file is followed. */
export const isFixed = (descriptor: OpenDescriptor): descriptor is DatasetDescriptor =>
  followedFiles(descriptor).length === 0;

/** The names of the files that are followed, by the part that each plays. */
export const followedFiles = ({ files }: OpenDescriptor): [role: string, name: string][] =>
  Object.entries(files).flatMap(([role, file]) =>
    file.follow ? [[role, file.name] as [string, string]] : [],
  );

/** The dataset that a descriptor means where its followed files are these. */
export function withFiles(
  { contract: _, ...descriptor }: OpenDescriptor,
  found: Readonly<Record<string, DatasetFile>>,
): DatasetDescriptor {
  return descriptorSchema.parse({ ...descriptor, files: { ...descriptor.files, ...found } });
}

/**
 * The files by their parts that a person has made on a machine of their own: what somebody else
 * publishes can be had again, of these the store keeps the bytes.
 */
export const ownFiles = (descriptor: DatasetDescriptor): string[] =>
  isOwn(descriptor) ? Object.keys(descriptor.files) : [];

/** Whether a dataset is a person's own: imported, or arrays that nobody publishes. */
export const isOwn = ({
  format,
  mirrors = [],
}: {
  format?: string | undefined;
  mirrors?: readonly string[] | undefined;
}): boolean =>
  format === 'folder' ||
  ((format === 'npz' || format === 'safetensors') &&
    mirrors.every((mirror) => mirror.startsWith('file:')));

/** A dataset's files by the part that each plays in its format. */
export const filesOf = ({ files }: DatasetDescriptor): [role: string, file: DatasetFile][] =>
  Object.entries(files);

/**
 * @param where names the value in errors
 * @throws UserError that names the field which is wrong, what it expects and what it holds
 */
export function checkDescriptor(value: unknown, where: string): OpenDescriptor {
  const result = openDescriptorSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue, ...others] = result.error.issues as [z.core.$ZodIssue, ...z.core.$ZodIssue[]];
  throw new UserError({
    what: 'The dataset descriptor is not valid.',
    where: `${where}, ${fieldName(issue.path)}`,
    expected: expectationOf(issue),
    found: show(valueAt(value, issue.path)),
    remedy:
      others.length === 0
        ? 'correct this field'
        : `correct this field, then ${others.map((other) => fieldName(other.path)).join(', ')}`,
  });
}

const fieldName = (path: PropertyKey[]): string =>
  path.length === 0 ? 'the whole file' : `field ${path.map(String).join('.')}`;
