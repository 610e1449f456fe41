import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { filesAt, longestFile, type PictureFile } from './picture-files.ts';

let folder: string;
let paths: string[];
const content = (i: number): Buffer => Buffer.alloc(i % 5 === 0 ? 2 ** 22 : i, i);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-files-'));
  paths = Array.from({ length: 150 }, (_, i) => join(folder, String(i)));
  await Promise.all(paths.slice(3).map((path, i) => writeFile(path, content(i + 3))));
  await mkdir(paths[0]!);
  await symlink(paths[1]!, paths[1]!);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function batches(slowness?: number): Promise<PictureFile[][]> {
  const made: PictureFile[][] = [];
  for await (const files of filesAt(paths, slowness)) made.push(files);
  return made;
}

test.each([
  ['at once', Number.POSITIVE_INFINITY],
  ['by threads', 0],
])('files are read %s, in their order, as many as memory holds', async (_, slowness) => {
  const made = await batches(slowness);
  expect(made.flat().slice(0, 3)).toEqual([
    { why: 'it is no file' },
    { why: 'it is a link that leads nowhere' },
    { why: 'it is not there, or a link that leads nowhere' },
  ]);
  const bytes = made.map((files) =>
    files.map((file) => ('bytes' in file ? file.bytes : Buffer.alloc(0))),
  );
  expect(
    bytes.flat().every((read, i) => i < 3 || read.equals(content(i))),
    'every file has its own bytes',
  ).toBe(true);
  expect(bytes.flat()).toHaveLength(paths.length);
  for (const batch of bytes) {
    expect(batch.length).toBeLessThanOrEqual(64);
    // Of a first one alone, memory holds more.
    expect(Buffer.concat(batch.slice(1)).length).toBeLessThanOrEqual(2 ** 24);
  }
});

test('while files are read at once, what has happened meanwhile is heard', async () => {
  const seen: string[] = [];
  setImmediate(() => seen.push('happened'));
  for await (const _ of filesAt(Array(200).fill(paths[2]), Number.POSITIVE_INFINITY))
    seen.push('batch');
  expect(seen).toEqual(['happened', 'batch', 'batch', 'batch', 'batch']);
});

test('the first file that takes long ends what is read at once', async () => {
  const [first, second] = await batches(0);
  expect([first, second].map((files) => files!.length)).toEqual([1, expect.any(Number)]);
  expect(second!.length).toBeGreaterThan(1);
});

test.each([
  ['a file for a folder', () => join(paths[3]!, 'picture')],
  ['a name that is too long for any', () => join(folder, 'x'.repeat(300))],
])('a path with %s is of nothing that is there', async (_, path) => {
  const made = await filesAt([path()]).next();
  expect(made.value).toEqual([{ why: 'it is not there, or a link that leads nowhere' }]);
});

test('a file that no picture has the size of is not read', async () => {
  const path = join(folder, 'long');
  await writeFile(path, '');
  await truncate(path, longestFile + 1);
  const made = await filesAt([path]).next();
  expect(made.value).toEqual([{ why: 'the file has more than 128 MiB' }]);
});
