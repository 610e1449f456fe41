import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '@atelier/errors';
import { bounded } from '@atelier/text';
import { type FileMetaData, parquetSchema, type SchemaTree } from 'hyparquet';
import { z } from 'zod';
import { type FolderLayout, foldersIn } from '../pictures/folder-layout.ts';
import { longestFile, type PictureFile } from '../pictures/picture-files.ts';
import { type ColumnLimits, isPlain, metadataOf, rowsOf, valuesOf } from './parquet.ts';
import { mostRows } from './table.ts';
import { checkClasses, className, inOrder, positionsOf, refusal, setOf } from './table-layout.ts';

/** Pictures that are in a table, in the order of its rows. */
export interface PicturesWithin {
  /** Each picture's path names its file and its row. */
  layout: FolderLayout;
  pictures: AsyncIterable<PictureFile>;
}

/** A Parquet file with pictures in it. */
interface PictureTable extends FoundTable {
  metadata: FileMetaData;
  columns: { image: string; label: string; split?: string };
  /** The names of classes by their numbers, where the file has them. */
  names?: readonly string[];
}

interface FoundTable {
  path: string;
  /** For people, from the folder on. */
  shown: string;
  /** As its name says. */
  set: 'train' | 'test' | undefined;
}

/**
 * Opens Parquet files that hold pictures, as Hugging Face's datasets are: a column of their files'
 * bytes, plain or in a struct { bytes, path }, and one of their classes. Sets are said by the names of
 * the files, or by a column `split`. Of the pictures of a group of rows, all are in memory.
 * @param table one file; without it, those of the folder
 * @returns undefined where there is no such file: then it is another kind of source, such as a folder
 * for each class, beside which a table of paths lies
 * @throws UserError where one cannot be used
 */
export async function openPictureTables(
  folder: string,
  table?: string,
): Promise<PicturesWithin | undefined> {
  const found =
    table === undefined
      ? await tablesIn(folder)
      : /\.parquet$/i.test(table)
        ? { ...nothing, tables: [{ path: table, shown: basename(table), set: undefined }] }
        : nothing;
  const tables: PictureTable[] = [];
  for (const one of found.tables) {
    const opened = await openTable(one, table === undefined && !found.hasOtherFolders);
    if (opened === undefined) return undefined;
    tables.push(opened);
  }
  if (tables.length === 0) return undefined;
  const layout = await layoutOf(tables, table ?? folder);
  return { layout: { ...layout, others: found.others }, pictures: picturesOf(tables) };
}

interface FoundTables {
  tables: FoundTable[];
  /** Parquet files that are not read. */
  others: number;
  /** Whether there are folders in which no such files are looked for. */
  hasOtherFolders: boolean;
}

const nothing: FoundTables = { tables: [], others: 0, hasOtherFolders: false };

/** Where a folder has them: in itself, or in these, as the Hub lays them out. */
const places = ['', 'data', 'train', 'validation', 'test'];

const sets: Record<string, 'train' | 'test' | 'validation'> = {
  ...{ train: 'train', training: 'train', test: 'test', testing: 'test' },
  ...{ validation: 'validation', valid: 'validation', val: 'validation', dev: 'validation' },
};

/** By the first word of the file's name, or of its folder's: train-00000-of-00002.parquet. */
function namedSet(shown: string): 'train' | 'test' | 'validation' | undefined {
  for (const part of shown.split('/').reverse()) {
    const [word = ''] = part.toLowerCase().split(/[^a-z]/);
    if (Object.hasOwn(sets, word)) return sets[word];
  }
  return undefined;
}

/** The Parquet files of a folder; pictures for validation are for tests where no others are. */
async function tablesIn(folder: string): Promise<FoundTables> {
  const shown: string[] = [];
  for (const place of places) {
    const names = await readdir(join(folder, place)).catch(() => []);
    for (const name of names.sort())
      if (/^[^.].*\.parquet$/i.test(name)) shown.push(place === '' ? name : `${place}/${name}`);
    if (place === 'data' && shown.length > 0) break;
  }
  const named = shown.map((name) => ({ name, set: namedSet(name) }));
  const has = (set: string): boolean => named.some((one) => one.set === set);
  const unclear = named.filter(({ set }) => set === undefined);
  if (unclear.length > 0 && unclear.length < named.length)
    throw new UserError({
      what: 'It is not clear what is in these files.',
      where: folder,
      expected: 'names that begin with train, test or validation, or none that does',
      found: bounded(unclear.map(({ name }) => name).join(', '), 400),
      remedy: 'rename them, or move them away',
    });
  const tests = has('test') ? 'test' : has('validation') ? 'validation' : undefined;
  const isDivided = has('train') && tests !== undefined;
  const kept = named.filter(({ set }) => !isDivided || set === 'train' || set === tests);
  const tables = kept.map(({ name, set }) => ({
    ...{ path: join(folder, name), shown: name },
    set: isDivided ? (set === 'train' ? ('train' as const) : ('test' as const)) : undefined,
  }));
  const { folders } = tables.length > 0 ? await foldersIn(folder) : { folders: [] };
  const hasOtherFolders = folders.some((name) => !places.includes(name));
  return { tables, others: named.length - kept.length, hasOtherFolders };
}

/** @param isExpected whether it is refused where it has no pictures */
async function openTable(
  found: FoundTable,
  isExpected: boolean,
): Promise<PictureTable | undefined> {
  const { path } = found;
  const metadata = await metadataOf(path);
  const { children } = parquetSchema(metadata);
  const nameOf = ({ element }: SchemaTree): string => element.name;
  const features = featuresOf(metadata);
  const all = children.map(nameOf);
  const images = children
    .filter((column) => holdsPictures(column) && !isText(column, all))
    .map(nameOf);
  const has = bounded(all.join(', '), 300) || 'no column';
  if (images.length === 0) {
    if (!isExpected) return undefined;
    throw refusal(
      `${path}, its columns`,
      'There are no pictures in this file.',
      'a column of bytes, plain or in a struct { bytes, path }, such as image',
      has,
      'name a table of paths itself, or write the pictures into it',
    );
  }
  const ambiguous = (what: string): UserError =>
    refusal(
      `${path}, its columns`,
      `It is not clear which column of this file is the ${what}.`,
      `one column called ${what}`,
      has,
      `name the column ${what}, or leave the others out`,
    );
  const [image] = images.length === 1 ? images : images.filter((name) => name === 'image');
  if (image === undefined) throw ambiguous('image');
  const plain = children.filter((one) => isPlain(one) && nameOf(one) !== image).map(nameOf);
  const byName = positionsOf('label', plain).map((i) => plain[i]!);
  const classLabels = plain.filter((name) => features[name]?.names !== undefined);
  const labels = byName.length > 0 ? byName : classLabels;
  const [label] = labels;
  if (label === undefined)
    throw refusal(
      `${path}, its columns`,
      'This file has no column of labels.',
      'label, or a column that its metadata call a ClassLabel',
      has,
      'name the column label',
    );
  if (labels.length > 1) throw ambiguous('label');
  const [split, ...others] = positionsOf('split', plain).map((i) => plain[i]!);
  if (others.length > 0) throw ambiguous('split');
  const names = features[label]?.names;
  return {
    ...{ ...found, metadata },
    columns: { image, label, ...(split !== undefined && found.set === undefined && { split }) },
    ...(names && { names }),
  };
}

/** Whether values of a column are bytes, or a struct with them. */
function holdsPictures(column: SchemaTree): boolean {
  const { children, element } = column;
  if (element.repetition_type === 'REPEATED') return false;
  if (children.length > 0)
    return children.some((child) => child.element.name === 'bytes' && holdsPictures(child));
  const { type, converted_type, logical_type } = element;
  return type === 'BYTE_ARRAY' && converted_type === undefined && logical_type === undefined;
}

/** Old writers do not say that bytes are text: then the column's name does. */
const isText = ({ element: { name }, children }: SchemaTree, columns: readonly string[]): boolean =>
  children.length === 0 &&
  !/^(image|img|picture)$/i.test(name) &&
  (['path', 'label', 'split'] as const).some((column) =>
    positionsOf(column, columns).some((i) => columns[i] === name),
  );

/** What Hugging Face's library writes of the columns. */
const featuresSchema = z.object({
  info: z.object({
    features: z.record(z.string(), z.object({ names: z.array(z.string()).optional() })),
  }),
});

/** Nothing where the file says nothing, or nothing that is known. */
function featuresOf({ key_value_metadata = [] }: FileMetaData) {
  const text = key_value_metadata.find(({ key }) => key === 'huggingface')?.value ?? '{}';
  try {
    return featuresSchema.safeParse(JSON.parse(text)).data?.info.features ?? {};
  } catch {
    return {};
  }
}

async function layoutOf(tables: readonly PictureTable[], where: string): Promise<FolderLayout> {
  const files: FolderLayout['files'] = [];
  const labels = new Map<string, string>();
  for (const table of tables) {
    const { path, shown, metadata, columns, names } = table;
    const { label: labelColumn, split: splitColumn } = columns;
    const wanted = [labelColumn, ...(splitColumn === undefined ? [] : [splitColumn])];
    for await (const { at, values } of rowsOf(path, metadata, wanted)) {
      const [label, split] = values;
      if (files.length === mostRows)
        throw refusal(where, 'These are too many pictures.', `at most ${mostRows}`, 'more');
      const of = className(nameFor(label, names), () => `${path}, ${at}, column ${labelColumn}`);
      if (!labels.has(of)) labels.set(of, `${shown}, ${at}`);
      const set =
        splitColumn === undefined
          ? table.set
          : setOf(split, () => `${path}, ${at}, column ${splitColumn}`);
      files.push({ path: `${shown}, ${at}`, of, set });
    }
  }
  const named = tables.flatMap(({ names = [] }) => names);
  const classes =
    named.length > 0
      ? [
          ...new Set([...named.map((name) => name.trim().normalize('NFC')), ...labels.keys()]),
        ].filter((name) => labels.has(name))
      : inOrder([...labels.keys()]);
  checkClasses(classes, labels, where);
  const hasTest = tables.some(({ set, columns }) => set === 'test' || columns.split !== undefined);
  return { classes, files, hasTest, others: 0 };
}

/** A number without a name is no class: test sets whose labels are kept secret have -1. */
function nameFor(label: string | undefined, names?: readonly string[]): string | undefined {
  if (label === undefined) return undefined;
  if (names !== undefined && /^\d{1,9}$/.test(label)) return names[Number(label)];
  return /^-\d+$/.test(label) ? undefined : label;
}

/** Bytes of the pictures of a group of rows, which are in memory together. */
const longestGroup = 2 ** 30;

/** Most pictures are compressed already, but a BMP of one colour may become a thousandth. */
const atMost = (compressed: number): number => Math.min(longestGroup, 2 ** 24 + 1000 * compressed);

const pictureLimits: ColumnLimits = { ofPage: atMost, ofGroup: atMost };

async function* picturesOf(tables: readonly PictureTable[]): AsyncGenerator<PictureFile> {
  for (const { path, metadata, columns } of tables)
    for await (const values of valuesOf(path, metadata, [columns.image], pictureLimits))
      yield fileOf(values[columns.image]);
}

function fileOf(value: unknown): PictureFile {
  const bytes = value instanceof Uint8Array ? value : (value as { bytes?: unknown } | null)?.bytes;
  if (!(bytes instanceof Uint8Array))
    return { why: 'its row has no bytes; a path alone is not followed' };
  if (bytes.length > longestFile) return { why: `it has more than ${longestFile / 2 ** 20} MiB` };
  return { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) };
}
