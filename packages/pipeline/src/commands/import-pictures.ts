import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import {
  compareLists,
  type DatasetDescriptor,
  type ImportedFolder,
  importInChild,
  parsePictureList,
  pathsIn,
  readDescriptor,
} from '@atelier/data';
import { readEnvironment } from '@atelier/environment';
import { UserError } from '@atelier/errors';
import { fileFailure, writeWhole } from '@atelier/files';
import { bounded, lineProblem } from '@atelier/text';
import { type PictureFlags, readPictureForm } from '../configuration/picture-flags.ts';
import type { Console } from '../terminal/console.ts';
import { interruptible } from '../terminal/exit.ts';

export interface ImportRequest {
  /** The folder of pictures, absolute. */
  folder: string;
  flags: PictureFlags;
  /** Where the descriptor is written, with the dataset's files beside it. */
  path: string;
  /** Whether a descriptor of other pictures may be replaced. */
  replace: boolean;
}

/**
 * Imports a folder of pictures and writes its descriptor.
 * @returns what was imported, and what has changed since it was imported last to the same place
 * @throws UserError where the folder cannot be used, or is another one by now and may not replace
 */
export async function importPictures(
  { folder, flags, path, replace }: ImportRequest,
  console: Console,
): Promise<ImportedFolder & { changes: string[] }> {
  const form = readPictureForm(flags);
  const earlier = await earlierImport(path, replace);
  const directory = dirname(path);
  await mkdir(directory, { recursive: true }).catch((error) => {
    throw fileFailure(error, directory);
  });
  return interruptible('Stopped. Nothing was imported.', async (signal) => {
    const title = titleOf(folder);
    const job = { ...form, folder, directory, name: basename(path, '.json'), title };
    const imported = await importInChild(job, {
      signal,
      onProgress: ({ done, of }) => console.status(`reading pictures: ${done} of ${of}`),
    });
    console.clear();
    const changes = earlier ? compareLists(earlier.list, imported.list) : [];
    if (changes.length > 0 && !replace) {
      await removeFiles(imported.descriptor, directory, earlier!.descriptor);
      throw changed(path, folder, changes);
    }
    await writeWhole(path, `${JSON.stringify(imported.descriptor, null, 2)}\n`);
    if (earlier) await removeFiles(earlier.descriptor, directory, imported.descriptor);
    return { ...imported, changes };
  });
}

/** Where `start --data` keeps what it has imported of a folder in this way. */
export function cachedImport(folder: string, flags: PictureFlags): string {
  const key = JSON.stringify([folder, readPictureForm(flags)]);
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 12);
  const name = datasetName(folder);
  return join(readEnvironment().cacheDirectory, 'imports', `${name}-${digest}`, `${name}.json`);
}

/** A plain name for a dataset, made of the folder's. */
export function datasetName(folder: string): string {
  const plain = basename(resolve(folder))
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
  return plain.slice(0, 60) || 'pictures';
}

function titleOf(folder: string): string {
  const name = basename(resolve(folder)).normalize('NFC');
  return name === '' || lineProblem(name) ? datasetName(folder) : bounded(name, 100);
}

/** What was imported to the same place before; undefined where nothing was. */
async function earlierImport(path: string, replace: boolean) {
  if (!existsSync(path)) return undefined;
  try {
    const descriptor = await readDescriptor(path);
    if (descriptor.format !== 'folder') throw taken(path, `a dataset of another kind`);
    const list = pathsIn(dirname(path), descriptor).list!;
    return { descriptor, list: parsePictureList(await readFile(list), list) };
  } catch (error) {
    // What was left half is made anew.
    if (replace) return undefined;
    throw error instanceof UserError ? error : fileFailure(error, path);
  }
}

/** Removes the files of one import but for those that another needs as well. */
async function removeFiles(
  { files }: DatasetDescriptor,
  directory: string,
  but: DatasetDescriptor,
): Promise<void> {
  const kept = Object.values(but.files).map(({ name }) => name);
  for (const { name } of Object.values(files))
    if (!kept.includes(name)) await rm(join(directory, name), { force: true });
}

const taken = (where: string, found: string): UserError =>
  new UserError({
    what: 'There is another file in the way.',
    ...{ where, found },
    expected: 'what an earlier import of the folder wrote, or nothing',
    remedy: 'name another file with --out, or replace it with --force',
  });

const changed = (where: string, folder: string, changes: readonly string[]): UserError =>
  new UserError({
    what: 'The folder holds other pictures than it did when it was imported.',
    where: `${folder}, described in ${where}`,
    expected: 'the same files',
    found: changes.join('; '),
    remedy:
      'bring the files back, accept them as a new dataset with --force, or name another file with --out',
  });
