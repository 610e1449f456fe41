import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@atelier/errors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mostBytes, readText } from './read-text.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-documents-'));
});
afterAll(() => rm(folder, { recursive: true }));

const kind = { name: 'letter', expected: 'a text in UTF-8', remedy: 'name a letter' };

async function read(bytes: Uint8Array): Promise<string> {
  const path = join(folder, 'a');
  await writeFile(path, bytes);
  return readText(path, kind);
}

function failureOf(path: string) {
  try {
    readText(path, kind);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as UserError).failure;
  }
  throw new Error('It was read.');
}

test('a text is read without its byte order mark', async () => {
  expect(await read(Buffer.from('Grüße'))).toBe('Grüße');
  expect(await read(Buffer.from('\uFEFF{}'))).toBe('{}');
  expect(await read(Buffer.from(''))).toBe('');
});

test.each([
  ['UTF-16', Buffer.from('\uFEFF{}', 'utf16le')],
  ['UTF-16', Buffer.from('\uFEFF{}', 'utf16le').swap16()],
  ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0])],
  ['no UTF-8', Buffer.from('Gr\xfc\xdfe', 'latin1')],
])('%s is refused by name', async (name, bytes) => {
  await expect(read(bytes)).rejects.toThrow(
    new RegExp(`The letter cannot be read[^]*found: .*${name}\n.*save the file as UTF-8`),
  );
});

test.each([
  ['.', 'a folder'],
  ['absent', 'no such file'],
  ['a/b', 'a file where its path has a folder'],
])('%s is told from a file', async (path, found) => {
  await writeFile(join(folder, 'a'), '');
  expect(failureOf(join(folder, path))).toEqual({
    what: 'The letter cannot be read.',
    where: join(folder, path),
    ...{ expected: 'a text in UTF-8', found, remedy: 'name a letter' },
  });
});

test.each([
  ['a long file', mostBytes + 1, /^65537 bytes$/],
  ['a device without an end', '/dev/zero', /^more than 65536 bytes$/],
])('%s is refused with the limit and what was found', async (_, content, found) => {
  const path = typeof content === 'string' ? content : join(folder, 'long');
  if (typeof content === 'number') await writeFile(path, Buffer.alloc(content, 32));
  expect(failureOf(path)).toMatchObject({
    expected: 'a text in UTF-8, of at most 65536 bytes',
    found: expect.stringMatching(found),
  });
});
