import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@atelier/artifacts';
import { writeWhole } from '@atelier/files';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recordConsole } from '../terminal/console-record.ts';
import { writeRunFiles } from './write-run-files.ts';

let folder: string;
let out: string;
let precious: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-fetched-'));
  out = join(folder, 'out');
  precious = join(folder, 'elsewhere/precious');
  await mkdir(join(folder, 'elsewhere'));
  await mkdir(out);
  await writeFile(precious, 'mine');
});
afterEach(() => rm(folder, { recursive: true }));

/** A run of two files and its record; blobs hold what they are named. */
const model = { sha256: sha256('weights'), bytes: 7 };
const files = {
  'model/model': model,
  'report.html': Buffer.from('page'),
  'run.json': Buffer.from('{}'),
};
const store = { getBlobToFile: (_: object, path: string) => writeWhole(path, 'weights') };

async function write(force = false): Promise<string[]> {
  return [...(await writeRunFiles(store, out, files, { force }, recordConsole()))];
}

test.each(['model', 'model/model', 'report.html', 'run.json'])(
  'a link in the place of %s is not followed, and nothing is written',
  async (name) => {
    if (name.includes('/')) await mkdir(join(out, 'model'));
    await symlink(name === 'model' ? join(folder, 'elsewhere') : precious, join(out, name));
    for (const force of [false, true]) await expect(write(force)).rejects.toThrow(/found: a link/);
    expect(await readFile(precious, 'utf8')).toBe('mine');
    expect(await readdir(join(folder, 'elsewhere'))).toEqual(['precious']);
    expect(await readdir(out)).toEqual([name.split('/')[0]]);
  },
);

test.each(['model/model', 'run.json'])('a folder in the place of %s is named', async (name) => {
  await mkdir(join(out, name), { recursive: true });
  await expect(write(true)).rejects.toThrow(/expected: a file, or nothing\s+found: a folder/);
});

test('a file of other content is named and kept, unless it is to be replaced', async () => {
  await writeFile(join(out, 'report.html'), 'my notes');
  await expect(write()).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/nothing was written[\s\S]*found: report.html\n[\s\S]*--force/),
  });
  expect(await readdir(out)).toEqual(['report.html']);
  expect(await write(true)).toEqual(['report.html']);
  expect(await readFile(join(out, 'report.html'), 'utf8')).toBe('page');
  expect(await readFile(join(out, 'model/model'), 'utf8')).toBe('weights');
});

test('equal bytes are nothing to ask about', async () => {
  await write();
  expect(await write()).toEqual([]);
  expect((await readdir(out)).sort()).toEqual(['model', 'report.html', 'run.json']);
});

test('a folder that is made for what cannot be written goes again', async () => {
  const full = {
    getBlobToFile: () => Promise.reject(Object.assign(new Error('EFBIG'), { code: 'EFBIG' })),
  };
  const made = join(folder, 'made');
  await expect(
    writeRunFiles(full, made, { model }, { force: false }, recordConsole()),
  ).rejects.toThrow(/may not become as large/);
  expect(await readdir(folder)).not.toContain('made');
});

test.each([true, false])(
  'where a disk fills, what is worth nothing by itself goes: %s',
  async (isWhole) => {
    const full = {
      getBlobToFile: () => Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })),
    };
    await writeFile(join(out, 'run.json'), '{}');
    const parts = {
      'run.json': files['run.json'],
      'x/page': files['report.html'],
      'x/y/model': model,
    };
    const writing = writeRunFiles(full, out, parts, { force: false, isWhole }, recordConsole());
    await expect(writing).rejects.toThrow(/The disk is full/);
    expect((await readdir(out)).sort()).toEqual(isWhole ? ['run.json'] : ['run.json', 'x']);
  },
);
