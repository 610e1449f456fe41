import { chmod, chown, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isPrivateFolder, privateFolder } from './private-folder.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-private-'));
  path = join(folder, 'a');
});
afterEach(() => rm(folder, { recursive: true }));

test('a folder is made for this user alone, and one that is open is closed', async () => {
  await privateFolder(path, 'a test');
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  await chmod(path, 0o777);
  expect(await isPrivateFolder(path)).toBe(false);
  await privateFolder(path, 'a test');
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect(await isPrivateFolder(path)).toBe(true);
});

test('a link to a folder, and a file, are refused', async () => {
  await symlink(folder, path);
  await expect(privateFolder(path, 'a test')).rejects.toThrow(
    /not this user's own: a test.*a link/s,
  );
  expect(await isPrivateFolder(path)).toBe(false);
  await rm(path);
  await writeFile(path, '');
  await expect(privateFolder(path, 'a test')).rejects.toThrow(/A file stands where a folder/);
  expect(await isPrivateFolder(path)).toBe(false);
  expect(await isPrivateFolder(join(folder, 'none'))).toBe(false);
});

test.skipIf(userInfo().uid !== 0)('another user’s folder is refused (as root)', async () => {
  await mkdir(path, { mode: 0o700 });
  await chown(path, 12_345, 12_345);
  await expect(privateFolder(path, 'a test')).rejects.toThrow(/a folder of user 12345/);
  expect(await isPrivateFolder(path)).toBe(false);
});
