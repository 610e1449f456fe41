import { stat } from 'node:fs/promises';
import { extname, posix } from 'node:path';
import { UserError } from '@atelier/errors';
import { fileFailure } from '@atelier/files';
import { bounded } from '@atelier/text';
import { classNames } from '../formats/format.ts';
import type { FolderLayout } from '../pictures/folder-layout.ts';
import { openCsv } from './csv.ts';
import { openParquet } from './parquet.ts';
import { longestTable, longestValue, mostRows, type Table } from './table.ts';

/** Names that columns have in people's tables; the first is preferred where there are several. */
const names = {
  path: [
    ...['path', 'file', 'filename', 'file_name', 'filepath', 'file_path', 'image', 'image_path'],
    ...['image_file', 'img', 'img_path', 'picture'],
  ],
  label: ['label', 'class', 'class_name', 'category', 'target', 'y'],
  split: ['split', 'set', 'subset', 'partition'],
};

export type Column = keyof typeof names;

const sets: Record<string, 'train' | 'test'> = {
  ...{ train: 'train', training: 'train', test: 'test', testing: 'test' },
};

/**
 * Finds the pictures that a table lists: a row for each, with its path below the table's folder and its
 * class, perhaps with its set. Classes are in the order of their names, or of their numbers where all
 * are whole numbers.
 * @throws UserError that names the row, where it cannot be used
 */
export async function readTable(path: string): Promise<FolderLayout> {
  const { size } = await stat(path).catch((error) => {
    throw fileFailure(error, path);
  });
  if (size > longestTable)
    throw refusal(path, 'This table is too large.', `at most ${longestTable} bytes`, `${size}`);
  const table = await (/^\.parquet$/i.test(extname(path)) ? openParquet(path) : openCsv(path));
  const columns = columnsOf(table, path);
  const seen = new Map<string, string>();
  const labels = new Map<string, string>();
  const found: FolderLayout = { classes: [], files: [], hasTest: false, others: 0 };
  for await (const { at, values } of table.rows(Object.values(columns))) {
    const [file, label, split] = values;
    const of = (column: Column): string =>
      `${path}, ${at}, column ${table.columns[columns[column]!]}`;
    if (seen.size === mostRows)
      throw refusal(path, 'This table has too many rows.', `at most ${mostRows}`, 'more');
    const plain = plainPath(file, () => of('path'));
    const first = seen.get(plain);
    if (first !== undefined)
      throw refusal(
        of('path'),
        'A picture is in this table twice.',
        'every path once',
        `${bounded(plain, 200)}, which ${first} has as well`,
      );
    seen.set(plain, at);
    const name = className(label, () => of('label'));
    if (!labels.has(name)) labels.set(name, at);
    const set = columns.split === undefined ? undefined : setOf(split, () => of('split'));
    found.files.push({ path: plain, of: name, set });
  }
  found.classes = inOrder([...labels.keys()]);
  found.hasTest = columns.split !== undefined;
  checkClasses(found.classes, labels, path);
  return found;
}

/** Positions of the columns that may be this one by their names; the preferred one alone. */
export function positionsOf(column: Column, columns: readonly string[]): number[] {
  const plain = columns.map((name) => name.trim().toLowerCase().replace(/[ -]/g, '_'));
  const [preferred, ...others] = names[column];
  const those = (wanted: readonly string[]): number[] =>
    plain.flatMap((name, i) => (wanted.includes(name) ? [i] : []));
  const exact = those([preferred!]);
  return exact.length > 0 ? exact : those(others);
}

function columnsOf(table: Table, path: string): { path: number; label: number; split?: number } {
  const positions = (column: Column): number[] => positionsOf(column, table.columns);
  const [paths, labels, splits] = [positions('path'), positions('label'), positions('split')];
  const has = bounded(table.columns.join(', '), 300) || 'no column';
  for (const [column, found] of [
    ['path', paths],
    ['label', labels],
    ['split', splits],
  ] as const) {
    if (found.length === 1 || (found.length === 0 && column === 'split')) continue;
    throw refusal(
      `${path}, its columns`,
      found.length === 0
        ? `This table has no column of ${column}s.`
        : `It is not clear which column of this table is the ${column}.`,
      `one of ${names[column].join(', ')}${found.length > 1 ? `, or one of them called ${column}` : ''}`,
      has,
      `name the column ${column}`,
    );
  }
  const [split] = splits;
  return { path: paths[0]!, label: labels[0]!, ...(split !== undefined && { split }) };
}

/** A path below the table's folder, in one form. */
function plainPath(path: string | undefined, where: () => string): string {
  const fail = (found: string, remedy?: string): UserError =>
    refusal(
      where(),
      'A path of this table cannot be used.',
      'a path below the folder of the table, with /',
      found,
      remedy,
    );
  if (path === undefined || path === '') throw fail('none');
  const shown = bounded(path, 200);
  if (path.length > longestValue) throw fail(`${path.length} characters`);
  if (path.includes('\0')) throw fail(shown);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path))
    throw fail(shown, 'name the table itself by its address: its paths are below it');
  if (path.includes('\\')) throw fail(shown, 'write / in the place of \\');
  const plain = posix.normalize(path);
  if (
    posix.isAbsolute(plain) ||
    /^[A-Za-z]:/.test(plain) ||
    plain === '.' ||
    plain.startsWith('..')
  )
    throw fail(shown, 'put the table above the pictures, and write paths from there');
  return plain.endsWith('/') ? plain.slice(0, -1) : plain;
}

export function className(label: string | undefined, where: () => string): string {
  const name = label?.trim().normalize('NFC') ?? '';
  if (name !== '') return name;
  throw refusal(
    where(),
    'A picture has no class.',
    'the name of its class, or its number',
    'none',
    'name its class, or leave the row out',
  );
}

export function setOf(split: string | undefined, where: () => string): 'train' | 'test' {
  const name = split?.trim().toLowerCase() ?? '';
  const set = Object.hasOwn(sets, name) ? sets[name] : undefined;
  if (set !== undefined) return set;
  const remedy = 'write train or test; pictures for validation are taken out of train';
  throw refusal(
    where(),
    'A picture is in no known set.',
    'train or test',
    bounded(split ?? '', 100) || 'none',
    remedy,
  );
}

export const inOrder = (labels: string[]): string[] =>
  labels.every((label) => /^\d{1,15}$/.test(label))
    ? labels.sort((a, b) => Number(a) - Number(b))
    : labels.sort((a, b) => (a < b ? -1 : 1));

/** @throws UserError where there are too few or too many classes, or a name cannot be one */
export function checkClasses(
  classes: readonly string[],
  firsts: ReadonlyMap<string, string>,
  path: string,
): void {
  const issue = classNames.safeParse(classes).error?.issues[0];
  if (issue === undefined) return;
  const name = classes[Number(issue.path[0])];
  const where = name === undefined ? path : `${path}, ${firsts.get(name)}`;
  const found = name ?? (classes.length < 20 ? classes.join(', ') || 'none' : `${classes.length}`);
  throw refusal(
    where,
    'These cannot be the classes of a dataset.',
    issue.code === 'too_small' || issue.code === 'too_big'
      ? '2 to 256 classes'
      : issue.message.replace(/^expected /, ''),
    bounded(found, 400),
  );
}

export const refusal = (
  where: string,
  what: string,
  expected: string,
  found: string,
  remedy = 'correct the table',
): UserError => new UserError({ what, where, expected, found, remedy });
