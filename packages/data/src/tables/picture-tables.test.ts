import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@atelier/errors';
import { failureFrom } from '@atelier/errors/testing';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importFolder } from '../pictures/import-folder.ts';

let scratch: string;
let made = 0;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'picture-tables-'));
});
afterAll(() => rm(scratch, { recursive: true }));

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

/** @param table a file; without it, the Parquet files of the folder */
async function imported(folder: string, table?: string) {
  const directory = join(scratch, `out ${++made}`);
  await mkdir(directory);
  const shape = { height: 1, width: 1, channels: 3 };
  const job = { directory, name: 'mine', title: 'Mine', folder, shape, fit: 'cover' as const };
  const signal = new AbortController().signal;
  const result = await importFolder({ ...job, ...(table && { table }) }, signal, () => {});
  const { files } = result.descriptor;
  const pixels = {
    train: (await readFile(join(directory, files.train.name))).subarray(20),
    test: (await readFile(join(directory, files.test.name))).subarray(20),
  };
  return { ...result, pixels };
}

/** Of a folder of fixtures under these names. */
async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = join(scratch, `in ${++made}`);
  for (const [name, from] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await cp(fixture(from), join(folder, name));
  }
  return folder;
}

/** As the program that made the fixtures colours picture i. */
const colour = (i: number): number[] => [(40 * i) % 256, i, 255 - i];

const rowOf = (path: string): number => Number(/row (\d+)$/.exec(path)![1]) - 1;

test.each(['snappy', 'zstd', 'gzip'])(
  'pictures in a file of Hugging Face compressed by %s become a dataset, broken ones are left out by their rows',
  async (compression) => {
    const file = `pictures-${compression}.parquet`;
    const { descriptor, list, pixels } = await imported(dirname(fixture(file)), fixture(file));
    // In the order of their numbers; nothing is a quince.
    expect(descriptor.classes).toEqual(['pear', 'apple']);
    expect(descriptor.counts).toMatchObject({ leftOut: 2 });
    expect(list.leftOut).toEqual([
      { path: `${file}, row 3`, why: 'it is no PNG, JPEG, WebP, GIF or BMP picture' },
      { path: `${file}, row 4`, why: 'its row has no bytes; a path alone is not followed' },
    ]);
    expect(list.pictures).toHaveLength(38);
    const seen = { train: 0, test: 0 };
    for (const { path, label, set, width, height } of list.pictures) {
      const i = rowOf(path);
      const at = 3 * seen[set]++;
      expect([...pixels[set].subarray(at, at + 3)]).toEqual(colour(i));
      expect({ label, width, height }).toEqual({ label: i % 2, width: 4, height: 5 });
    }
  },
);

test('pictures that are not compressed, of which the file is a thousandth, are read', async () => {
  const { list } = await imported(scratch, fixture('bitmaps.parquet'));
  expect(list.pictures.map(({ kind }) => kind)).toEqual(Array(100).fill('BMP RGB'));
});

test('a column of bytes and one of sets are read', async () => {
  const { descriptor, list } = await imported(scratch, fixture('bytes.parquet'));
  expect(descriptor).toMatchObject({ classes: ['apple', 'pear'], counts: { train: 8, test: 4 } });
  for (const { path, set } of list.pictures)
    expect(set).toBe(rowOf(path) % 3 === 0 ? 'test' : 'train');
});

test.each([
  [
    'the names of files',
    'data/train-00000-of-00002.parquet',
    'data/train-00001-of-00002.parquet',
    'data/test-00000-of-00001.parquet',
  ],
  ['the names of folders', 'train/0000.parquet', 'train/0001.parquet', 'validation/0000.parquet'],
])('several files are one dataset, in sets by %s', async (_, first, second, tests) => {
  const files = { [first]: 'pictures-snappy.parquet', [second]: 'pictures-zstd.parquet' };
  const folder = await folderOf({ ...files, [tests]: 'pictures-gzip.parquet' });
  const { descriptor, list } = await imported(folder);
  expect(descriptor.counts).toEqual({ train: 76, test: 38, leftOut: 6 });
  expect(new Set(list.pictures.map(({ path, set }) => `${path.split(',')[0]} ${set}`))).toEqual(
    new Set([`${first} train`, `${second} train`, `${tests} test`]),
  );
});

test('files for validation are not read where there are others for tests', async () => {
  const folder = await folderOf({
    'train-0.parquet': 'pictures-snappy.parquet',
    'validation-0.parquet': 'pictures-zstd.parquet',
    'test-0.parquet': 'pictures-gzip.parquet',
  });
  expect(await imported(folder)).toMatchObject({
    ...{ others: 1, descriptor: { counts: { train: 38, test: 38, leftOut: 4 } } },
  });
});

test.each<[string, Record<string, string>, object]>([
  [
    'are named in two ways',
    { 'train-0.parquet': 'bytes.parquet', 'other.parquet': 'bytes.parquet' },
    { what: /not clear what is in these files/, found: 'other.parquet' },
  ],
  [
    'hold no pictures',
    { 'a.parquet': 'snappy.parquet' },
    { what: /no pictures in this file/, found: 'id, path, label, split' },
  ],
])('files are refused that %s', async (_, files, expected) => {
  const failure = await failureFrom(UserError, imported(await folderOf(files)));
  for (const [part, text] of Object.entries(expected))
    expect(failure[part as 'what'], part).toMatch(text);
});

test('a table of paths that lies beside folders of classes leaves them what they are', async () => {
  const folder = await folderOf({ 'labels.parquet': 'snappy.parquet' });
  for (const [first, name] of ['apple', 'pear'].entries()) {
    await mkdir(join(folder, name));
    for (let i = 0; i < 20; i++)
      await sharp(Buffer.from(colour(20 * first + i)), {
        raw: { width: 1, height: 1, channels: 3 },
      })
        .png()
        .toFile(join(folder, name, `${i}.png`));
  }
  const { descriptor, others } = await imported(folder);
  expect(descriptor).toMatchObject({ classes: ['apple', 'pear'] });
  expect(others).toBe(1);
});

test('a file that is cut, or announces more than it holds, is refused', async () => {
  const whole = await readFile(fixture('pictures-snappy.parquet'));
  const path = join(scratch, 'cut.parquet');
  await writeFile(path, whole.subarray(0, 3_000));
  expect((await failureFrom(UserError, imported(scratch, path))).what).toMatch(/Parquet/);
  const other = Buffer.from(whole);
  // The bytes of the first column's pages, which nothing then decompresses to what it should.
  other.fill(0xff, 60, 200);
  await writeFile(path, other);
  const failure = await failureFrom(UserError, imported(scratch, path));
  expect(failure).toMatchObject({ what: expect.stringMatching(/Parquet/), where: path });
});
