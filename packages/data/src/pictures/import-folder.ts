import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@atelier/errors';
import { sha256Of, writeWhole } from '@atelier/files';
import { firstFew } from '@atelier/text';
import { draftPath, removeAbandonedDrafts } from '../drafts.ts';
import type { FolderDescriptor } from '../formats/folder.ts';
import type { DatasetFile } from '../formats/format.ts';
import { encodeIdxHeader } from '../formats/idx.ts';
import { type ImageShape, imageDimensions, storedImageShape } from '../image-shape.ts';
import { countClasses, type Imported, type ImportPlace, type ImportProgress } from '../imported.ts';
import { setOfDigest, usualTestShare, usualValidationShare } from '../set-of-digest.ts';
import { openPictureTables } from '../tables/picture-tables.ts';
import { readTable } from '../tables/table-layout.ts';
import { decoders, type PictureForm } from './decode-picture.ts';
import { type FolderLayout, readLayout } from './folder-layout.ts';
import { filesAt, inBatches } from './picture-files.ts';
import type { ListedPicture, PictureList } from './picture-list.ts';
import { bmpReader } from './read-bmp.ts';
import { readPictures } from './read-pictures.ts';

export interface FolderJob extends PictureForm, ImportPlace {
  /** The folder of pictures, which has a folder for each class, or of Parquet files with pictures. */
  folder: string;
  /** A table that lists the pictures, or holds them, in the place of such folders. */
  table?: string;
}

export type ImportedFolder = Imported<FolderDescriptor> & { list: PictureList; others: number };

const testShare = usualTestShare;
/** The share of the pictures that may be left out: with more of them, something else is wrong. */
const mostLeftOut = 0.1;
/** Pixels that are written together. */
const bytesAtOnce = 2 ** 18;
/** Characters of the list, which is read as one text, and those of a picture in it besides its path. */
const longestList = 2 ** 29 - 2 ** 20;
const listed = 300;

/**
 * Makes a dataset of a folder that has a folder for each class, of a table of pictures, or of Parquet
 * files with the pictures in them: decodes every one, and writes
 * the pixels of the training and of the test set, and the list of the pictures. Which set a picture
 * belongs to is said by folders `train` and `test`, or else by the digest of its file: it stays where
 * it is when others come, and copies of it go with it. However many pictures there are, few are in
 * memory.
 * @returns its descriptor, whose mirror is the folder that it will lie in
 * @throws UserError where the folder is laid out otherwise, or too many pictures are unusable
 */
export async function importFolder(
  job: FolderJob,
  signal: AbortSignal,
  onProgress: (progress: ImportProgress) => void,
): Promise<ImportedFolder> {
  const { layout, pictures } = await openPictures(job);
  const { files, classes } = layout;
  checkCount(job.table ?? job.folder, layout);
  await removeAbandonedDrafts(job.directory);
  const list: PictureList = {
    schemaVersion: 1,
    made: { ...storedImageShape(job.shape), fit: job.fit, by: decoders() },
    ...(layout.hasTest ? {} : { testShare }),
    pictures: [],
    leftOut: [],
  };
  const writers = await pixelWriters(job);
  try {
    let done = 0;
    for await (const read of readPictures(pictures, job, signal)) {
      const { path, of, set } = files[done]!;
      done += 1;
      onProgress({ done, of: files.length });
      if ('why' in read) {
        list.leftOut.push({ path, why: read.why });
        continue;
      }
      const { sha256, picture } = read;
      const { height, width, kind } = picture;
      const listed = { path, sha256, label: classes.indexOf(of), height, width, kind };
      const which = set ?? setOfDigest(sha256, testShare);
      await writers[which].add(picture.pixels);
      list.pictures.push({ ...listed, set: which });
    }
    checkPictures(job.table ?? job.folder, layout, list);
    if (list.pictures.some(({ kind }) => kind.startsWith('BMP'))) list.made.by += `, ${bmpReader}`;
    const descriptor = await finish(job, layout, list, writers);
    const classCounts = {
      train: countsOf('train', list, classes),
      test: countsOf('test', list, classes),
    };
    return { descriptor, classCounts, list, others: layout.others };
  } finally {
    for (const writer of Object.values(writers)) await writer.discard();
  }
}

/** What a source holds, and the bytes of its pictures in the order of their listing. */
async function openPictures({ folder, table }: Pick<FolderJob, 'folder' | 'table'>) {
  const within = await openPictureTables(folder, table);
  if (within !== undefined) return { ...within, pictures: inBatches(within.pictures) };
  const layout = await (table === undefined ? readLayout(folder) : readTable(table));
  return { layout, pictures: filesAt(layout.files.map(({ path }) => join(folder, path))) };
}

const countsOf = (
  which: ListedPicture['set'],
  { pictures }: PictureList,
  classes: readonly string[],
): number[] =>
  countClasses(
    pictures.filter(({ set }) => set === which).map(({ label }) => label),
    classes.length,
  );

function checkPictures(
  where: string,
  { classes, files, hasTest }: FolderLayout,
  { pictures, leftOut }: PictureList,
): void {
  if (leftOut.length > mostLeftOut * files.length)
    throw new UserError({
      what: `Of ${files.length} pictures ${leftOut.length} cannot be used.`,
      where,
      expected: `at most ${100 * mostLeftOut} %, which would be left out`,
      found: firstFew(
        leftOut.map(({ path, why }) => `${path}: ${why}`),
        20,
        '\n',
      ),
      remedy: 'mend them, or move them away',
    });
  const without = classes.filter(
    (_, c) => !pictures.some(({ label, set }) => label === c && set === 'train'),
  );
  if (without.length > 0)
    throw new UserError({
      what: 'There is nothing to learn of a class.',
      where,
      expected: 'a picture for training of every class',
      found: `none of ${without.join(', ')}`,
      remedy: `${hasTest ? '' : `about ${100 * testShare} % of the pictures are for tests, by their content: `}add pictures, or leave the class out`,
    });
  if (!pictures.some(({ set }) => set === 'test'))
    throw new UserError({
      what: 'There is no picture to test with.',
      where,
      expected: hasTest
        ? 'pictures in the set test'
        : `about ${100 * testShare} % of the pictures, chosen by their content`,
      found: `none of ${pictures.length} pictures`,
      remedy:
        'add pictures, or say which are for what: by folders train and test, or by a column split of a table',
    });
}

/** @throws UserError where there are more pictures than can be listed */
function checkCount(where: string, { files }: FolderLayout): void {
  const characters = files.reduce((sum, { path }) => sum + path.length + listed, 0);
  if (characters <= longestList) return;
  throw new UserError({
    what: 'These are more pictures than a dataset can list.',
    where,
    expected: `at most ${Math.floor((longestList * files.length) / characters).toLocaleString('en')}, with paths as long as these`,
    found: files.length.toLocaleString('en'),
    remedy: 'take fewer pictures, or write their pixels as arrays (.npz, .safetensors) or IDX',
  });
}

interface PixelWriter {
  add(pixels: Uint8Array): Promise<void>;
  /** Gives the file its header and its name. */
  finish(path: string): Promise<void>;
  /** Takes away what has no name yet. */
  discard(): Promise<void>;
}

async function pixelWriters(job: FolderJob): Promise<Record<ListedPicture['set'], PixelWriter>> {
  const { directory, shape, importId = crypto.randomUUID() } = job;
  const writer = (set: ListedPicture['set']): Promise<PixelWriter> =>
    pixelWriter(draftPath(directory, set, importId), shape);
  const train = await writer('train');
  try {
    return { train, test: await writer('test') };
  } catch (error) {
    await train.discard();
    throw error;
  }
}

/** Writes an IDX file whose number of images is known at its end. */
async function pixelWriter(draft: string, shape: ImageShape): Promise<PixelWriter> {
  const header = (count: number): Uint8Array => encodeIdxHeader([count, ...imageDimensions(shape)]);
  const file: FileHandle = await open(draft, 'wx');
  let count = 0;
  // All of it or an error: a write on a disk that fills may stop within an image.
  let waiting = [header(0)];
  const write = async (): Promise<void> => {
    await file.appendFile(Buffer.concat(waiting));
    waiting = [];
  };
  return {
    async add(pixels) {
      count += 1;
      if (waiting.push(pixels) * pixels.length >= bytesAtOnce) await write();
    },
    async finish(path) {
      await write();
      await file.write(header(count), 0, undefined, 0);
      await file.datasync();
      await file.close();
      await rename(draft, path);
    },
    async discard() {
      await file.close();
      await rm(draft, { force: true });
    },
  };
}

/** The names of the files hold the digest of the list: those of an earlier import stay whole. */
async function finish(
  { directory, name, title, shape, table, source }: FolderJob,
  { classes }: FolderLayout,
  list: PictureList,
  writers: Record<ListedPicture['set'], PixelWriter>,
): Promise<FolderDescriptor> {
  const json = Buffer.from(`${JSON.stringify(list, null, 1)}\n`);
  const digest = createHash('sha256').update(json).digest('hex').slice(0, 12);
  const place = (part: string): string => join(directory, `${name}-${digest}.${part}`);
  await writers.train.finish(place('train.idx'));
  await writers.test.finish(place('test.idx'));
  await writeWhole(place('json'), json);
  const described = async (part: string): Promise<DatasetFile> => ({
    name: `${name}-${digest}.${part}`,
    bytes: (await stat(place(part))).size,
    sha256: await sha256Of(place(part)),
  });
  const count = (which: ListedPicture['set']): number =>
    list.pictures.filter(({ set }) => set === which).length;
  return {
    schemaVersion: 1,
    format: 'folder',
    name,
    title,
    classes,
    ...storedImageShape(shape),
    source: source ?? `the pictures of a ${table === undefined ? 'folder' : 'table'}, ${title}`,
    licence: 'not stated',
    mirrors: [],
    files: {
      train: await described('train.idx'),
      test: await described('test.idx'),
      list: await described('json'),
    },
    counts: { train: count('train'), test: count('test'), leftOut: list.leftOut.length },
    validation: { fraction: usualValidationShare },
  };
}
