import { createHash } from 'node:crypto';
import { mkdtemp, open, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError, WorldError } from '@atelier/errors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashedFile, holdFile } from './held-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'held-'));
});
afterAll(() => rm(folder, { recursive: true }));

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

/** A file of these bytes that is held, and was looked at. */
async function held(text: string) {
  const path = join(folder, digest(text).slice(0, 8));
  await writeFile(path, text);
  const { sha256, stamp } = await hashedFile(path);
  expect(sha256).toBe(digest(text));
  const file = holdFile(path, sha256, stamp);
  expect(file.wasDisturbed()).toBe(false);
  return { path, file };
}

/** Until the clock of the file system, which ticks every few milliseconds, shows another time. */
const aTick = () => new Promise((resolve) => setTimeout(resolve, 30));

test('a file that is rewritten in place is named, though its size and time are as before', async () => {
  const { path, file } = await held('the bytes that were checked');
  const { atime, mtime } = await stat(path);
  await aTick();
  const writer = await open(path, 'r+');
  await writer.write('Z', 4);
  await writer.close();
  await utimes(path, atime, mtime);
  const failure = {
    where: path,
    expected: `SHA-256 ${digest('the bytes that were checked')}`,
    found: `SHA-256 ${digest('the Zytes that were checked')}`,
  };
  expect(() => file.wasDisturbed()).toThrow(
    expect.objectContaining({ name: 'WorldError', failure: expect.objectContaining(failure) }),
  );
  file.close();
});

test('one that is only touched, or written with the same bytes, is used on, but read once more', async () => {
  const { path, file } = await held('touched');
  await aTick();
  await utimes(path, 1, 1);
  expect(file.wasDisturbed()).toBe(true);
  expect(file.wasDisturbed()).toBe(false);
  await aTick();
  await writeFile(path, 'touched');
  expect(file.wasDisturbed()).toBe(true);
  expect(file.wasDisturbed()).toBe(false);
  file.close();
});

test('one that is replaced or removed disturbs nobody who holds it, but who looked before does', async () => {
  const { path, file } = await held('replaced');
  const { sha256, stamp } = await hashedFile(path);
  await writeFile(`${path}.new`, 'another');
  await rename(`${path}.new`, path);
  file.wasDisturbed();
  file.close();
  const other = holdFile(path, sha256, stamp);
  expect(() => other.wasDisturbed()).toThrow(WorldError);
  other.close();
  const unknown = holdFile(path, digest('another'));
  expect(unknown.wasDisturbed()).toBe(true);
  unknown.close();
  await rm(path);
  expect(() => holdFile(path, sha256)).toThrow(UserError);
});
