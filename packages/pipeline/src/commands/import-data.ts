import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  compareArrays,
  compareLists,
  type DatasetDescriptor,
  type Imported,
  type ImportJob,
  importInChild,
  parsePictureList,
  pathsIn,
  readDescriptor,
} from '@atelier/data';
import { UserError } from '@atelier/errors';
import { fileFailure, writeWhole } from '@atelier/files';
import { bounded } from '@atelier/text';
import type { PictureFlags } from '../configuration/picture-flags.ts';
import { fetchSource } from '../fetching/fetch-source.ts';
import type { Console } from '../terminal/console.ts';
import { interruptible } from '../terminal/exit.ts';
import { progressLine } from '../terminal/progress-line.ts';
import {
  type DataSource,
  datasetName,
  fileName,
  formOf,
  isOfPictures,
  titleOf,
  toldByAddress,
} from './data-source.ts';

export interface ImportRequest {
  source: DataSource;
  flags: PictureFlags;
  /** Where the descriptor is written, with the dataset's files beside it. */
  path: string;
  /** Whether a descriptor of other images may be replaced. */
  replace: boolean;
}

/**
 * Imports a folder or a table of pictures, or a file of arrays, and writes its descriptor.
 * @returns what was imported, what has changed since it was imported last to the same place, and whether
 *   nothing has
 * @throws UserError where it cannot be used, or is another one by now and may not replace
 */
export async function importData(
  { source, flags, path, replace }: ImportRequest,
  console: Console,
): Promise<Imported & { changes: string[]; isAsBefore: boolean }> {
  const form = formOf(source, flags);
  const earlier = await earlierImport(source, path, replace);
  const directory = dirname(path);
  const made = await mkdir(directory, { recursive: true }).catch((error) => {
    throw fileFailure(error, directory);
  });
  const importing = interruptible('Stopped. Nothing was imported.', async (signal) => {
    const from = source.address && { source: bounded(source.given, 2000) };
    const name = fileName(basename(path, '.json')) || datasetName(source);
    const place = { directory, name, title: titleOf(source), ...from };
    await fetchSource(source, console, signal);
    if (form === undefined) console.status(`reading ${source.given}`);
    const imported = await importInChild(jobOf(source, form, place), {
      signal,
      onProgress: (progress) => console.status(progressLine('reading pictures', progress)),
    });
    console.clear();
    const changes = earlier ? changesBetween(earlier, imported) : [];
    if (changes.length > 0 && !replace) {
      await removeFiles(imported.descriptor, directory, earlier!.descriptor);
      throw changed(path, source, changes);
    }
    // What a person has written there since, such as the names of classes, stays.
    if (earlier && isDeepStrictEqual(earlier.descriptor.files, imported.descriptor.files))
      return { ...imported, descriptor: earlier.descriptor, changes, isAsBefore: true };
    await writeWhole(path, `${JSON.stringify(imported.descriptor, null, 2)}\n`);
    if (earlier) await removeFiles(earlier.descriptor, directory, imported.descriptor);
    return { ...imported, changes, isAsBefore: false };
  });
  return importing.catch(async (error: unknown) => {
    // A folder made for nothing goes, where nothing lies in it.
    if (made !== undefined) await rmdir(directory).catch(() => {});
    throw toldByAddress(error, source);
  });
}

function jobOf(
  { kind, path }: DataSource,
  form: ReturnType<typeof formOf>,
  place: { directory: string; name: string; title: string; source?: string },
): ImportJob {
  if (kind === 'folder') return { kind, folder: path, ...form!, ...place };
  return kind === 'table'
    ? { kind: 'folder', folder: dirname(path), table: path, ...form!, ...place }
    : { kind: 'arrays', format: kind, path, ...place };
}

type Compared = Pick<Imported, 'descriptor' | 'list'>;

function changesBetween(earlier: Compared, now: Compared): string[] {
  if (earlier.list && now.list) return compareLists(earlier.list, now.list);
  const [before, after] = [earlier.descriptor, now.descriptor];
  return 'arrays' in before && 'arrays' in after ? compareArrays(before, after) : [];
}

/** What was imported to the same place before; undefined where nothing was. */
async function earlierImport(
  source: DataSource,
  path: string,
  replace: boolean,
): Promise<Compared | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    const descriptor = await readDescriptor(path);
    const format = isOfPictures(source) ? 'folder' : source.kind;
    if (descriptor.format !== format) throw taken(path, `a dataset of another kind`);
    if (descriptor.format !== 'folder') return { descriptor };
    const list = pathsIn(dirname(path), descriptor).list!;
    return { descriptor, list: parsePictureList(await readFile(list), list) };
  } catch (error) {
    // What was left half is made anew.
    if (replace) return undefined;
    throw error instanceof UserError ? error : fileFailure(error, path);
  }
}

/**
 * Removes the files of one import but for those that another needs as well: the one that is meant, or one whose
 * descriptor somebody has put aside.
 */
async function removeFiles(
  { files }: DatasetDescriptor,
  directory: string,
  but: DatasetDescriptor,
): Promise<void> {
  const kept = Object.values(but.files).map(({ name }) => name);
  const beside = await descriptorsIn(directory);
  for (const { name } of Object.values(files))
    if (!kept.includes(name) && !beside.some((text) => text.includes(JSON.stringify(name))))
      await rm(join(directory, name), { force: true });
}

/** Characters of a descriptor at most: lists of pictures are longer, or name no file of a dataset. */
const longestDescriptor = 2 ** 20;

async function descriptorsIn(directory: string): Promise<string[]> {
  const texts: string[] = [];
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    // What goes meanwhile, or is no file, describes nothing.
    const size = name.endsWith('.json')
      ? (await stat(path).catch(() => undefined))?.size
      : undefined;
    if (size === undefined || size > longestDescriptor) continue;
    texts.push(await readFile(path, 'utf8').catch(() => ''));
  }
  return texts;
}

const taken = (where: string, found: string): UserError =>
  new UserError({
    what: 'There is another file in the way.',
    ...{ where, found },
    expected: 'what an earlier import of the same kind wrote, or nothing',
    remedy: 'name another file with --out, or replace it with --force',
  });

const changed = (where: string, source: DataSource, changes: readonly string[]): UserError =>
  new UserError({
    what: `The ${source.kind === 'folder' ? 'folder' : source.kind === 'table' ? 'table' : 'file'} has other ${isOfPictures(source) ? 'pictures' : 'images'} than when it was imported.`,
    where: `${source.address ? source.given : source.path}, described in ${where}`,
    expected: isOfPictures(source) ? 'the same files, made in the same way' : 'the same file',
    found: changes.join('; '),
    remedy: `bring ${isOfPictures(source) ? 'files and flags' : 'the file'} back, accept ${
      isOfPictures(source) ? 'them' : 'it'
    } as a new dataset with --force, or name another file with --out`,
  });
