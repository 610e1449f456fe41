import {
  copyFile,
  lstat,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeWhole } from './write-whole.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the content stands at its path, in a folder that is made, with its mode', async () => {
  const path = join(folder, 'new', 'a.json');
  await writeWhole(path, '{}', { mode: 0o600, flush: true });
  expect(await readFile(path, 'utf8')).toBe('{}');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await writeWhole(path, Buffer.from('[]'));
  expect(await readFile(path, 'utf8')).toBe('[]');
  expect(await readdir(join(folder, 'new'))).toEqual(['a.json']);
});

test('writers at once leave the whole of one of them', async () => {
  const path = join(folder, 'a');
  const contents = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(100_000));
  await Promise.all(contents.map((content) => writeWhole(path, content)));
  expect(contents).toContain(await readFile(path, 'utf8'));
  expect(await readdir(folder)).toEqual(['a']);
});

test('a function makes the file itself, and where it fails the old one stays', async () => {
  const [source, path] = [join(folder, 'source'), join(folder, 'a')];
  await writeFile(source, 'old');
  await writeWhole(path, (draft) => copyFile(source, draft));
  const failing = writeWhole(path, async (draft) => {
    await writeFile(draft, 'new');
    throw new Error('stopped');
  });
  await expect(failing).rejects.toThrow('stopped');
  expect(await readFile(path, 'utf8')).toBe('old');
  expect((await readdir(folder)).sort()).toEqual(['a', 'source']);
});

test('a failure names the file, also where Node does not', async () => {
  const path = join(folder, 'full');
  const full = Object.assign(new Error('EFBIG: file too large, write'), { code: 'EFBIG' });
  await expect(writeWhole(path, () => Promise.reject(full))).rejects.toMatchObject({ path });
});

test('a link in the file’s place is replaced, and not followed', async () => {
  const [elsewhere, path] = [join(folder, 'elsewhere'), join(folder, 'a')];
  await writeFile(elsewhere, 'old');
  await symlink(elsewhere, path);
  await writeWhole(path, 'new');
  expect(await readFile(elsewhere, 'utf8')).toBe('old');
  expect((await lstat(path)).isFile()).toBe(true);
});
