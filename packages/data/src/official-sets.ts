import { join } from 'node:path';
import { type DatasetDescriptor, filesOf } from './descriptor.ts';
import { folder } from './formats/folder.ts';
import type { DatasetFormat, OfficialSets } from './formats/format.ts';
import { idx } from './formats/idx.ts';
import { npz } from './formats/npz.ts';
import { safetensors } from './formats/safetensors.ts';
import { openVerifiedFile, type ReadingOptions } from './read-file.ts';

/** All formats, by the name that a descriptor's field `format` gives; `idx` where it gives none. */
const formats = { idx, folder, npz, safetensors };

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
  options?: ReadingOptions,
): Promise<OfficialSets> {
  const contents = await Promise.all(
    filesOf(descriptor).map(async ([role, file]) => {
      const content = await openVerifiedFile(paths[role] as string, file, options);
      return [role, content] as const;
    }),
  );
  const format: DatasetFormat<DatasetDescriptor, string> = formats[descriptor.format ?? 'idx'];
  return format.read(descriptor, Object.fromEntries(contents));
}
