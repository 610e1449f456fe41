import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import { UserError } from '@atelier/errors';
import { fileFailure } from '@atelier/files';
import { bounded } from '@atelier/text';
import { classNames } from '../formats/format.ts';

/** A file of a class's folder that is a picture by its name. */
interface FoundFile {
  /** Below the folder, with `/`. */
  path: string;
  /** The name of its class. */
  of: string;
  /** As its folder says; undefined where its content decides. */
  set: 'train' | 'test' | undefined;
}

export interface FolderLayout {
  /** In the order of their names. */
  classes: string[];
  /** In the order of sets, classes and paths. */
  files: FoundFile[];
  /** Whether the folder says which pictures are for tests. */
  hasTest: boolean;
  /** How many files are no pictures by their names. */
  others: number;
}

const pictureNames = /\.(png|jpe?g|jpe|jfif|webp|gif|bmp|dib)$/i;

/** What systems leave in folders, and what is hidden. */
const isLitter = (name: string): boolean =>
  /^\.|^(thumbs\.db|desktop\.ini|__macosx|\$recycle\.bin|@eadir)$/i.test(name);

/** How people call folders of sets, of which `train` and `test` are known. */
const setName = /^(train(ing)?|val|valid(ation)?|dev|eval|test(ing)?)$/i;

/** Folders within folders of a class. */
const deepest = 32;

/** Where Node shows bytes that are no UTF-8: nobody finds a file by such a name again. */
const unreadable = /\ufffd/;

const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Finds the pictures of a folder that has a folder for each class, or `train` and `test` of such.
 * Links are followed, but not back to where they lie in.
 * @throws UserError where the folder is not laid out so
 */
export async function readLayout(folder: string): Promise<FolderLayout> {
  const top = await foldersIn(folder);
  const [train, test] = ['train', 'test'].map((set) =>
    top.folders.find((name) => name.toLowerCase() === set),
  );
  const hasTest = train !== undefined && test !== undefined;
  const roots = hasTest
    ? [
        { at: train, set: 'train' as const },
        { at: test, set: 'test' as const },
      ]
    : [{ at: '', set: undefined }];
  // A class may be called train; sets that are taken for classes would be learned from and not noticed.
  const areSets = top.folders.length > 0 && top.folders.every((name) => setName.test(name));
  if (hasTest ? top.folders.length > 2 : areSets)
    throw new UserError({
      what: 'It is not clear what is in this folder.',
      where: folder,
      expected: 'train and test alone, or a folder for each class',
      found: top.folders.join(', '),
      remedy: hasTest
        ? 'move the others away; pictures for validation are taken out of train'
        : 'call what is for tests test, and what is to learn from train; or name one of the folders itself',
    });
  const found: FolderLayout = { classes: [], files: [], hasTest, others: top.others };
  const classes = new Set<string>();
  for (const { at, set } of roots) {
    const { folders, others } = at === '' ? top : await foldersIn(join(folder, at));
    if (at !== '') found.others += others;
    for (const name of folders) {
      // Systems write the same letters in two ways.
      const of = name.normalize('NFC');
      classes.add(of);
      await readClass(folder, at === '' ? name : `${at}/${name}`, { of, set }, found);
    }
  }
  found.classes = [...classes].sort(inOrder);
  checkNames(folder, found.classes);
  if (found.classes.length >= 2) return found;
  throw new UserError({
    what: 'This folder has no classes.',
    where: folder,
    expected: 'a folder for each class, at least two, with pictures in them',
    found: found.classes.length === 0 ? 'no folder' : `one folder, ${found.classes[0]}`,
    remedy: 'sort the pictures into a folder for each class, or name a table that lists them',
  });
}

/** @throws UserError where a folder's name cannot be that of a class */
function checkNames(where: string, classes: readonly string[]): void {
  const issue = classes.length < 2 ? undefined : classNames.safeParse(classes).error?.issues[0];
  if (issue === undefined) return;
  const found = issue.path.length === 0 ? classes : [classes[Number(issue.path[0])]];
  throw new UserError({
    what: 'A folder has a name that cannot be the name of a class.',
    where,
    expected: issue.message.replace(/^expected /, ''),
    found: bounded(found.join(', '), 400),
    remedy: 'rename it',
  });
}

/** The folders that lie in one, in the order of their names, and how many other files. */
export async function foldersIn(folder: string): Promise<{ folders: string[]; others: number }> {
  const folders: string[] = [];
  let others = 0;
  for (const entry of await entriesOf(folder))
    if (!(await isFolder(folder, entry))) others += 1;
    else if (!(await leadsBack(folder, entry))) folders.push(entry.name);
  return { folders, others };
}

/** Whether it is a link to what the folder lies in: it would be a class of all classes' pictures. */
const leadsBack = async (folder: string, entry: Dirent): Promise<boolean> =>
  entry.isSymbolicLink() &&
  isWithin(await realpath(folder), await realpath(join(folder, entry.name)));

/** Adds the files of a class's folder and of those in it. */
async function readClass(
  folder: string,
  path: string,
  kind: Pick<FoundFile, 'of' | 'set'>,
  found: FolderLayout,
): Promise<void> {
  for await (const file of filesIn(folder, path))
    if (isPicture(file)) found.files.push({ path: file, ...kind });
    else found.others += 1;
}

/**
 * The pictures of a folder and of those in it, by their names, in order: paths that begin with the
 * folder's.
 * @throws UserError where a folder cannot be read
 */
export async function picturesIn(folder: string): Promise<string[]> {
  const pictures: string[] = [];
  for await (const file of filesIn(folder, ''))
    if (isPicture(file)) pictures.push(join(folder, file));
  return pictures;
}

/** Every file below `path` in a folder, in order; paths are below the folder, with `/`. */
async function* filesIn(
  folder: string,
  path: string,
  above: readonly string[] = [],
): AsyncGenerator<string> {
  const at = join(folder, path);
  const real = await realpath(at).catch((error) => {
    throw unreadable.test(path) ? misnamed(at) : fileFailure(error, at);
  });
  if (above.some((one) => isWithin(one, real))) return;
  if (above.length > deepest) throw tooDeep(at);
  for (const entry of await entriesOf(at)) {
    const below = path === '' ? entry.name : `${path}/${entry.name}`;
    if (await isFolder(at, entry)) yield* filesIn(folder, below, [...above, real]);
    else yield below;
  }
}

const isWithin = (path: string, folder: string): boolean =>
  !/^\.\.(\/|$)/.test(relative(folder, path));

const misnamed = (where: string): UserError =>
  new UserError({
    what: 'The name of a folder is not written in UTF-8.',
    where,
    expected: 'UTF-8',
    found: 'bytes that are none',
    remedy: 'rename it: convmv -f latin1 -t utf8',
  });

const tooDeep = (where: string): UserError =>
  new UserError({
    what: 'Folders lie too deep.',
    where,
    expected: `at most ${deepest} within each other`,
    found: 'more',
    remedy: 'move the pictures up, or the folder away',
  });

/** By its name. */
export const isPicture = (path: string): boolean => pictureNames.test(extname(path));

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter(({ name }) => !isLitter(name)).sort((a, b) => inOrder(a.name, b.name));
  } catch (error) {
    throw fileFailure(error, folder);
  }
}

/** A link that leads nowhere is no folder: as a picture it is left out by its name. */
const isFolder = async (folder: string, entry: Dirent): Promise<boolean> =>
  entry.isDirectory() ||
  (entry.isSymbolicLink() &&
    (await stat(join(folder, entry.name)).then(
      (at) => at.isDirectory(),
      () => false,
    )));
