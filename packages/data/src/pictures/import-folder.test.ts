import { readdirSync } from 'node:fs';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '@atelier/errors';
import { failureFrom } from '@atelier/errors/testing';
import { uniforms } from '@atelier/random';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importInChild } from '../import-in-child.ts';
import { pathsIn } from '../official-sets.ts';
import { prepareDataset } from '../prepare-dataset.ts';
import { readDescriptor } from '../read-descriptor.ts';
import { decodeSplit } from '../split.ts';
import { compareLists } from './compare-lists.ts';
import type { PictureForm } from './decode-picture.ts';
import { decodePictures } from './decode-pictures.ts';
import { picturesIn } from './folder-layout.ts';
import { importFolder } from './import-folder.ts';

let scratch: string;
let made = 0;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'import-'));
});
afterAll(() => rm(scratch, { recursive: true }));

/** A PNG file of one brightness. */
const grey = (value: number): Promise<Buffer> =>
  sharp({
    create: { height: 3, width: 5, channels: 3, background: { r: value, g: value, b: value } },
  })
    .png()
    .toBuffer();

/** A PNG file that cannot be compressed. */
const noise = (): Promise<Buffer> =>
  sharp(Buffer.from(uniforms(30 * 30 * 3, 1).map((u) => 256 * u)), {
    raw: { height: 30, width: 30, channels: 3 },
  })
    .png()
    .toBuffer();

/** Writes files, which are pictures of a brightness where a number says it, into a new folder. */
async function folderOf(files: Record<string, number | string | Buffer>): Promise<string> {
  const folder = join(scratch, `folder ${++made}`);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, dirname(path)), { recursive: true });
    await writeFile(
      join(folder, path),
      typeof content === 'number' ? await grey(content) : content,
    );
  }
  return folder;
}

const many = (name: string, count: number, first: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}/${i}.png`, first + i]));

async function imported(
  folder: string,
  directory = join(scratch, `out ${++made}`),
  form: Partial<PictureForm> = {},
) {
  await mkdir(directory, { recursive: true });
  const job = {
    ...{ folder, directory, name: 'mine', title: 'Mine', fit: 'cover' as const },
    ...{ shape: { height: 2, width: 2, channels: 1 }, ...form },
  };
  const told: number[] = [];
  const { signal } = new AbortController();
  const result = await importFolder(job, signal, ({ done }) => told.push(done));
  return { ...result, directory, told };
}

const files = { ...many('cat', 16, 10), ...many('dog é', 16, 110) };

test('a folder becomes a descriptor, pixels and a list, from which splits are made', async () => {
  const folder = await folderOf({
    ...files,
    'cat/empty.png': '',
    'cat/half.png': (await noise()).subarray(0, 700),
    'cat/notes.txt': 'not looked at',
    'cat/deep/er.JPG': 200,
    'Thumbs.db': 'x',
    'dog é/.DS_Store': 'x',
    '.hidden/1.png': 5,
  });
  await symlink(join(folder, 'cat'), join(folder, 'cat', 'again'));
  await symlink(join(folder, 'nowhere'), join(folder, 'dog é', 'gone.png'));
  const { descriptor, list, others, directory, told } = await imported(folder);
  expect(descriptor).toMatchObject({
    format: 'folder',
    classes: ['cat', 'dog é'],
    height: 2,
    width: 2,
  });
  expect(descriptor.counts).toEqual({
    train: 33 - descriptor.counts.test,
    test: descriptor.counts.test,
    leftOut: 3,
  });
  expect(list.leftOut).toEqual([
    { path: 'cat/empty.png', why: 'the file is empty' },
    { path: 'cat/half.png', why: 'it is broken, or its end is missing' },
    { path: 'dog é/gone.png', why: 'it is not there, or a link that leads nowhere' },
  ]);
  expect(list.pictures.find(({ path }) => path === 'cat/deep/er.JPG')).toMatchObject({
    ...{ label: 0, height: 3, width: 5, kind: 'PNG RGB' },
  });
  expect({ others, told: told.at(-1) }).toEqual({ others: 1, told: 36 });

  expect((await imported(folder)).descriptor).toEqual(descriptor);

  const path = join(directory, 'mine.json');
  await writeFile(path, JSON.stringify(descriptor));
  const read = await readDescriptor(path);
  expect(read.mirrors).toEqual([`file://${encodeURI(directory)}`]);
  const { manifest, splits } = await prepareDataset({
    ...{ descriptor: read, files: pathsIn(directory, read), splitSeed: 1 },
  });
  expect(manifest.validationFrom).toBe('train');
  const { train, validation, test: tested } = splits;
  expect(tested.labels).toHaveLength(descriptor.counts.test);
  expect(validation.labels).toHaveLength(Math.round(0.1 * descriptor.counts.train));
  expect([...train.indices, ...validation.indices].sort((a, b) => a - b)).toEqual(
    Array.from({ length: descriptor.counts.train }, (_, i) => i),
  );
  expect(manifest.contract.pictures).toMatchObject({
    leftOut: { count: 3, examples: list.leftOut },
    kinds: { 'PNG RGB': 33 },
    sizes: { smallest: { height: 3, width: 5 }, largest: { height: 3, width: 5 }, enlarged: 0 },
  });
  const [earlier, later] = manifest.contract.pictures!.nearDuplicates.examples[0]!;
  expect(earlier.path).not.toBe(later.path);
  for (const { path, label } of [earlier, later])
    expect(path.startsWith('cat') ? 0 : 1).toBe(label);
  // Every picture is of one brightness, which says where it comes from.
  const listed = list.pictures.filter(({ set }) => set === 'train');
  for (const [i, position] of train.indices.entries()) {
    const { path: from, label } = listed[position]!;
    const brightness = { ...files, 'cat/deep/er.JPG': 200 }[from as keyof typeof files];
    expect([...train.images.subarray(4 * i, 4 * i + 4)]).toEqual(Array(4).fill(brightness));
    expect(train.labels[i]).toBe(label);
  }
});

test('a picture stays in its set when others come, and what has changed is named', async () => {
  const before = await imported(await folderOf(files));
  const after = await imported(
    await folderOf({ ...files, ...many('ant', 9, 30), 'cat/0.png': 250, 'cat/1.png': '' }),
  );
  const sets = ({ list }: typeof before) =>
    new Map(list.pictures.map(({ sha256, set }) => [sha256, set]));
  for (const [sha256, set] of sets(before)) expect(sets(after).get(sha256) ?? set).toBe(set);
  expect(compareLists(before.list, before.list)).toEqual([]);
  expect(compareLists(before.list, after.list)).toEqual([
    '1 changed (cat/0.png)',
    '9 new (ant/0.png, ant/1.png, ant/2.png, ant/3.png, ant/4.png and 4 more)',
    '1 gone (cat/1.png)',
    expect.stringContaining('of another class or set (cat/10.png'),
  ]);
  const larger = { ...before.list, made: { ...before.list.made, height: 3 } };
  expect(compareLists(before.list, larger)).toEqual([
    expect.stringMatching(
      /^made as 2 × 2 pixels, fit cover, by sharp .* then, as 3 × 2 pixels, fit cover, by .* now$/,
    ),
  ]);
});

test('neither a name, nor a class, nor a copy brings a picture to the other side', async () => {
  const { list } = await imported(await folderOf(files));
  const sideOf = new Map(list.pictures.map(({ sha256, set }) => [sha256, set]));
  expect(new Set(sideOf.values()).size).toBe(2);
  // Both classes in one, in another order, and each picture once more in a class of its own.
  const again = await imported(
    await folderOf(
      Object.fromEntries(
        Object.values(files).flatMap((brightness) => [
          [`all/renamed ${999 - brightness}.png`, brightness],
          [`copies/${brightness}.png`, brightness],
        ]),
      ),
    ),
  );
  expect(again.list.pictures).toHaveLength(2 * list.pictures.length);
  for (const { sha256, set } of again.list.pictures) expect(set).toBe(sideOf.get(sha256));
});

test('folders train and test say which pictures are which', async () => {
  const { descriptor, list } = await imported(
    await folderOf({
      ...many('train/a', 9, 0),
      ...many('train/b', 9, 20),
      ...many('Test/a', 2, 50),
      ...many('Test/b', 3, 60),
    }),
  );
  expect(descriptor).toMatchObject({ classes: ['a', 'b'], counts: { train: 18, test: 5 } });
  expect(list.testShare).toBeUndefined();
});

test('how pixels are made is part of the dataset, also where they come out the same', async () => {
  // Plain pictures: cut or drawn out, they give equal pixels.
  const folder = await folderOf({ ...many('a', 16, 0), ...many('b', 16, 100) });
  const forms: Partial<PictureForm>[] = [{ fit: 'cover' }, { fit: 'stretch' }];
  const [cut, drawn] = await Promise.all(forms.map((form) => imported(folder, undefined, form)));
  const digests = ({ descriptor: { files } }: typeof cut & object) => [
    files.train.sha256,
    files.list.sha256,
  ];
  const [[pixels, list], [samePixels, otherList]] = [digests(cut!), digests(drawn!)];
  expect(samePixels).toBe(pixels);
  expect(otherList).not.toBe(list);
  expect(compareLists(cut!.list, drawn!.list)).toEqual([
    expect.stringMatching(/^made as .*, fit cover, by sharp .* then, as .*, fit stretch, .* now$/),
  ]);
});

test('a class may have the name of a set', async () => {
  const folder = await folderOf({ ...many('train', 20, 0), ...many('bus', 20, 60) });
  expect((await imported(folder)).descriptor.classes).toEqual(['bus', 'train']);
});

test('what a killed import left is gone after a day, and a draft of today stays', async () => {
  const folder = await folderOf({ ...many('a', 16, 0), ...many('b', 16, 100) });
  const directory = join(scratch, `out ${++made}`);
  await mkdir(directory);
  const drafts = ['00', '11'].map(
    (ends) => `train.draft-${crypto.randomUUID().slice(0, -2)}${ends}`,
  );
  for (const name of [...drafts, 'arrays.draft-notes'])
    await writeFile(join(directory, name), 'abc');
  const twoDaysAgo = new Date(Date.now() - 2 * 24 * 60 * 60 * 1000);
  for (const name of [drafts[0]!, 'arrays.draft-notes'])
    await utimes(join(directory, name), twoDaysAgo, twoDaysAgo);
  await imported(folder, directory);
  const left = (await readdir(directory)).filter((name) => name.includes('draft'));
  expect(left.sort()).toEqual(['arrays.draft-notes', drafts[1]!]);
});

test('an import whose process is killed leaves no draft', async () => {
  const folder = await folderOf({ ...many('a', 200, 0), ...many('b', 200, 100) });
  const directory = join(scratch, `out ${++made}`);
  await mkdir(directory);
  const drafts: string[] = [];
  const job = {
    ...{ kind: 'folder' as const, folder, directory, name: 'mine', title: 'Mine' },
    ...{ shape: { height: 2, width: 2, channels: 1 }, fit: 'cover' as const },
  };
  const importing = importInChild(job, {
    // The child waits for it, and is killed for its failure.
    onProgress() {
      drafts.push(...readdirSync(directory));
      throw new Error('enough');
    },
  });
  await expect(importing).rejects.toThrow('enough');
  expect(drafts.map((name) => name.split('.')[0]).sort()).toEqual(['test', 'train']);
  expect(await readdir(directory)).toEqual([]);
});

test.each([
  ['there is no folder', {}, /does not exist/, undefined],
  ['there are no folders in it', { 'a.png': 1 }, /no classes/, 'no folder'],
  ['there is one class', { 'a/1.png': 1 }, /no classes/, 'one folder, a'],
  [
    'something lies beside train and test',
    { 'train/a/1.png': 1, 'test/a/1.png': 2, 'val/a/1.png': 3 },
    /not clear/,
    'test, train, val',
  ],
  [
    'sets have names that mean no sets here',
    { ...many('train/a', 9, 0), ...many('Val/a', 9, 20), ...many('train/b', 9, 40) },
    /not clear/,
    'Val, train',
  ],
  [
    'there is but one set',
    { ...many('train/a', 9, 0), ...many('train/b', 9, 20) },
    /not clear/,
    'train',
  ],
  [
    'a class has no picture',
    { ...many('a', 20, 0), 'b/readme.md': 'x' },
    /nothing to learn/,
    'none of b',
  ],
  [
    'no picture is for tests',
    { 'train/a/1.png': 0, 'train/b/1.png': 1, 'test/a/readme.md': 'x' },
    /no picture to test/,
    'none of 2 pictures',
  ],
  [
    'too many are broken',
    { ...many('a', 5, 0), 'b/1.png': 'x' },
    /Of 6 pictures 1 cannot be used/,
    /b\/1.png: it is no PNG/,
  ],
  [
    'a class has a name that hides something',
    { 'a/1.png': 0, 'b\u202e/1.png': 1 },
    /name of a class/,
    /U\+202E/,
  ],
])('a folder is refused where %s, and nothing is left behind', async (_, given, what, found) => {
  const folder = await folderOf(given);
  const failure = await failureFrom(UserError, imported(folder));
  expect(failure.what).toMatch(what);
  if (found !== undefined) expect(`${failure.found} ${failure.expected}`).toMatch(found);
  expect(await readdir(join(scratch, `out ${made}`))).toEqual([]);
});

test('links are followed, but never to where they lie in', async () => {
  const folder = await folderOf({ ...many('a', 20, 0), ...many('b/deep', 20, 100) });
  const other = await folderOf(many('more', 3, 200));
  await symlink('..', join(folder, 'a/up'));
  await symlink('.', join(folder, 'all'));
  await symlink('..', join(folder, 'up'));
  await symlink(folder, join(folder, 'b/deep/all'));
  await symlink('/', join(folder, 'b/root'));
  // Two that lead to each other.
  for (const [from, to] of [
    ['one', 'two'],
    ['two', 'one'],
  ]) {
    await mkdir(join(folder, 'b', from!));
    await symlink(join('..', to!), join(folder, 'b', from!, to!));
  }
  await symlink(join(other, 'more'), join(folder, 'a/more'));
  const { list, others } = await imported(folder);
  const paths = list.pictures.map(({ path }) => path);
  expect(paths.filter((path) => path.startsWith('a/more/'))).toHaveLength(3);
  expect([paths.length, others]).toEqual([43, 0]);
});

test('names that are no UTF-8 are told as such, and folders that lie too deep', async () => {
  const folder = await folderOf({ ...many('a', 20, 0), ...many('b', 20, 100) });
  const odd = (path: string) => Buffer.from(join(folder, path), 'latin1');
  await writeFile(odd('a/\xfc.png'), await grey(9));
  const { list } = await imported(folder);
  expect(list.leftOut).toEqual([{ path: 'a/\ufffd.png', why: 'its name is not written in UTF-8' }]);
  await mkdir(odd('a/\xfc'));
  expect((await failureFrom(UserError, imported(folder))).what).toMatch(/not written in UTF-8/);
  const deep = await folderOf({ ...many('a', 2, 0), ...many(`b${'/c'.repeat(40)}`, 2, 9) });
  expect((await failureFrom(UserError, imported(deep))).what).toBe('Folders lie too deep.');
});

test('files that were not made together are refused', async () => {
  const [one, two] = [
    await imported(await folderOf(files)),
    await imported(await folderOf({ ...files, ...many('cat/x', 9, 60) })),
  ];
  const { descriptor, directory } = one;
  const mixed = { ...descriptor, files: { ...descriptor.files, list: two.descriptor.files.list } };
  const paths = {
    ...pathsIn(directory, descriptor),
    list: join(two.directory, mixed.files.list.name),
  };
  const prepared = prepareDataset({ descriptor: mixed, files: paths, splitSeed: 1 });
  expect((await failureFrom(UserError, prepared)).what).toBe(
    'There are not as many pictures as the list has.',
  );
});

test('pictures without labels are found in folders, decoded in order, and named where they are none', async () => {
  const folder = await folderOf({
    ...{ 'b.png': 200, 'a/deep/é ü.PNG': 100, 'c.png': 'text', 'notes.txt': 'text', '.x.png': 7 },
  });
  const paths = [...(await picturesIn(folder)), join(folder, 'gone.png')];
  expect(paths.map((path) => path.slice(folder.length + 1))).toEqual([
    ...['a/deep/é ü.PNG', 'b.png', 'c.png', 'gone.png'],
  ]);
  const splitPath = join(scratch, 'unlabelled.safetensors');
  const job = {
    paths,
    splitPath,
    shape: { height: 2, width: 2, channels: 1 },
    fit: 'cover' as const,
  };
  const told: number[] = [];
  const leftOut = await decodePictures(job, new AbortController().signal, ({ done }) =>
    told.push(done),
  );
  expect(leftOut).toEqual([
    { position: 2, why: 'it is no PNG, JPEG, WebP, GIF or BMP picture' },
    { position: 3, why: 'it is not there, or a link that leads nowhere' },
  ]);
  expect(told).toEqual([1, 2, 3, 4]);
  const { images, indices } = decodeSplit(await readFile(splitPath), splitPath);
  expect([...indices]).toEqual([0, 1]);
  expect([...images]).toEqual([100, 100, 100, 100, 200, 200, 200, 200]);
});
