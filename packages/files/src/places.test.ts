import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { standingAt } from './places.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-places-'));
});
afterEach(() => rm(folder, { recursive: true }));

const wanted = { bytes: 3, sha256: createHash('sha256').update('new').digest('hex') };
const look = () => standingAt(folder, 'model/a', wanted);

test('what stands there is nothing, the same bytes or others', async () => {
  expect(await look()).toBe('nothing');
  await mkdir(join(folder, 'model'));
  expect(await look()).toBe('nothing');
  for (const [text, standing] of [
    ['new', 'same'],
    ['old', 'other'],
    ['longer', 'other'],
  ] as const) {
    await writeFile(join(folder, 'model/a'), text);
    expect(await look()).toBe(standing);
  }
});

test('a link is never followed: not the file, and no folder on the way', async () => {
  await mkdir(join(folder, 'elsewhere'));
  await writeFile(join(folder, 'elsewhere/a'), 'new');
  await symlink(join(folder, 'elsewhere'), join(folder, 'model'));
  await expect(look()).rejects.toThrow(
    /a folder is to be written[\s\S]*model\n[\s\S]*found: a link/,
  );
  await rm(join(folder, 'model'));
  await mkdir(join(folder, 'model'));
  await symlink(join(folder, 'elsewhere/a'), join(folder, 'model/a'));
  await expect(look()).rejects.toThrow(/a file is to be written[\s\S]*found: a link/);
  await rm(join(folder, 'model/a'));
  await symlink(join(folder, 'nowhere'), join(folder, 'model/a'));
  await expect(look()).rejects.toThrow(/found: a link/);
});

test('a folder in a file’s place and a file in a folder’s are named', async () => {
  await mkdir(join(folder, 'model/a'), { recursive: true });
  await expect(look()).rejects.toThrow(/expected: a file, or nothing[\s\S]*found: a folder/);
  await rm(join(folder, 'model'), { recursive: true });
  await writeFile(join(folder, 'model'), '');
  await expect(look()).rejects.toThrow(/expected: a folder, or nothing[\s\S]*found: a file/);
});
