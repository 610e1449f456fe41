import { join } from 'node:path';
import { UserError } from '@atelier/errors';
import { type DatasetDescriptor, filesOf, formatOf } from './descriptor.ts';
import type { OfficialSet } from './formats/format.ts';
import { imageSize } from './image-shape.ts';
import { readVerifiedFile } from './read-file.ts';

/** Paths of a dataset's files, by the part that each plays in its format. */
export type FilePaths = Record<string, string>;

export const pathsIn = (directory: string, descriptor: DatasetDescriptor): FilePaths =>
  Object.fromEntries(filesOf(descriptor).map(([role, { name }]) => [role, join(directory, name)]));

/**
 * Reads a dataset's files.
 * @throws UserError where a file is not the one that the descriptor names, holds anything else than
 *   it describes, has not as many labels as images, or a label that names no class
 */
export async function readOfficialSets(
  descriptor: DatasetDescriptor,
  paths: FilePaths,
  signal?: AbortSignal,
): Promise<{ train: OfficialSet; test: OfficialSet }> {
  const format = formatOf(descriptor);
  const contents = await Promise.all(
    filesOf(descriptor).map(async ([role, file]) => {
      const where = paths[role] as string;
      const bytes = await readVerifiedFile(where, file, format.announcedLength, signal);
      return [role, { bytes, where }] as const;
    }),
  );
  const { train, test } = format.read(descriptor, Object.fromEntries(contents));
  for (const set of [train, test]) checkLabels(set, descriptor);
  return { train, test };
}

function checkLabels({ images, labels, where }: OfficialSet, descriptor: DatasetDescriptor): void {
  const { classes } = descriptor;
  const count = images.length / imageSize(descriptor);
  if (labels.length !== count)
    throw new UserError({
      what: 'There are not as many labels as images.',
      where: `${where.labels}, ${where.images}`,
      expected: `${count} labels, one for each image`,
      found: `${labels.length} labels`,
      remedy: 'check that both files belong together',
      mendedBy: ['dataset'],
    });
  const wrong = labels.findIndex((label) => label >= classes.length);
  if (wrong >= 0)
    throw new UserError({
      what: 'A label names no class.',
      where: `${where.labels}, label ${wrong} (counted from 0)`,
      expected: `0 to ${classes.length - 1}, for the ${classes.length} classes of the descriptor`,
      found: `${labels[wrong]}`,
      remedy: 'correct the classes in the descriptor, or the file',
      mendedBy: ['dataset'],
    });
}
