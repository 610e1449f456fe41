import { UserError } from '@atelier/errors';
import { z } from 'zod';
import {
  type ListedPicture,
  type PictureList,
  parsePictureList,
} from '../pictures/picture-list.ts';
import {
  checkLabels,
  type DatasetFormat,
  datasetFields,
  datasetFiles,
  type FileContent,
  fixedFileSchema,
  type OfficialSet,
  openFields,
} from './format.ts';
import { readImages } from './idx.ts';

const count = z.int().nonnegative();

const folderFields = {
  format: z.literal('folder'),
  /** The pixels of both sets, as IDX, and the list of the pictures that they were made of. */
  files: datasetFiles({ train: fixedFileSchema, test: fixedFileSchema, list: fixedFileSchema }),
  /** How many pictures there are, and how many files were left out: for people. */
  counts: z.strictObject({ train: count, test: count, leftOut: count }),
};

/** A folder of pictures, as `atelier import` has read it. */
export const folderSchema = z.strictObject({ ...datasetFields, ...folderFields });

/** The same: what was imported is fixed. */
export const openFolderSchema = z.strictObject({ ...openFields, ...folderFields });

export type FolderDescriptor = z.output<typeof folderSchema>;

export const folder: DatasetFormat<FolderDescriptor, keyof FolderDescriptor['files']> = {
  async read(descriptor, files) {
    const bytes = await files.list.whole(descriptor.files.list.bytes);
    const list = parsePictureList(bytes, files.list.where);
    const train = await readSet('train', descriptor, files, list);
    const test = await readSet('test', descriptor, files, list);
    return { train, test, list };
  },
};

async function readSet(
  set: ListedPicture['set'],
  descriptor: FolderDescriptor,
  files: Record<'train' | 'test' | 'list', FileContent>,
  { pictures }: PictureList,
): Promise<OfficialSet> {
  const where = { images: files[set].where, labels: files.list.where };
  const listed = pictures.filter((picture) => picture.set === set);
  const labels = Uint8Array.from(listed, ({ label }) => label);
  checkLabels(labels, descriptor.classes, where.labels);
  const { count: found, images } = await readImages(descriptor, files[set]);
  for (const [what, expected] of [
    ['the list', labels.length],
    ['the descriptor', descriptor.counts[set]],
  ] as const)
    if (expected !== found)
      throw new UserError({
        what: `There are not as many pictures as ${what} has.`,
        where: `${where.images}, ${where.labels}`,
        expected: `${expected}`,
        found: `${found}`,
        remedy: 'import the folder again',
        mendedBy: ['dataset'],
      });
  return { images, labels, where };
}
