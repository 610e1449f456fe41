import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryObjects } from '@atelier/artifacts/testing';
import { startMirror } from '@atelier/download/testing';
import { UserError, WorldError } from '@atelier/errors';
import { failureFrom } from '@atelier/errors/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fetchFiles } from './fetch-files.ts';
import { httpOrigin } from './http-origin.ts';
import type { Origin } from './origin.ts';
import { s3Origin } from './s3-origin.ts';

let scratch: string;
let made = 0;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'fetch-'));
});
afterAll(() => rm(scratch, { recursive: true }));

const newFolder = (): string => join(scratch, `${++made}`, 'files');
const { signal } = new AbortController();

const fetched = (origin: Origin, directory: string, names: readonly string[]): Promise<string[]> =>
  fetchFiles({ origin, directory, names, signal, onProgress: () => {} });

const filesIn = async (directory: string): Promise<Record<string, string>> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const contents = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    return [path.slice(directory.length + 1), await readFile(path, 'utf8')] as const;
  });
  return Object.fromEntries(await Promise.all(contents));
};

test('files of a web server come once, as long as the server says that they are the same', async () => {
  const server = await startMirror({
    ...{ 'a.png': Buffer.from('one'), 'b%20%23c.png': Buffer.from('two') },
  });
  try {
    server.behave('a.png', { etag: '"1"' });
    const origin = httpOrigin(new URL(`${server.url}/deep/`), { exceptions: [] });
    const directory = newFolder();
    const names = ['a.png', 'below/b #c.png', 'gone.png'];
    expect(await fetched(origin, directory, names)).toEqual(['gone.png']);
    const both = { 'a.png': 'one', 'below/b #c.png': 'two' };
    expect(await filesIn(directory)).toEqual(both);

    server.seen.length = 0;
    expect(await fetched(origin, directory, names)).toEqual(['gone.png']);
    expect(await filesIn(directory)).toEqual(both);
    const statuses = server.seen.map(({ file, status }) => [file, status]);
    expect(statuses).toContainEqual(['a.png', 304]);

    // Another version, and one that is wanted no more.
    server.behave('a.png', { etag: '"2"', bytes: Buffer.from('new') });
    expect(await fetched(origin, directory, ['a.png'])).toEqual([]);
    expect(await filesIn(directory)).toEqual({ 'a.png': 'new' });

    // A refusal that names such a number is no missing file.
    server.behave('404.png', { redirect: 'ftp://example.org/404.png' });
    const elsewhere = await failureFrom(UserError, fetched(origin, newFolder(), ['404.png']));
    expect(elsewhere.where).toMatch(/redirects to ftp:/);

    server.behave('a.png', { status: { code: 403 } });
    const refused = await failureFrom(UserError, fetched(origin, directory, ['a.png']));
    expect(refused.where).toMatch(/a\.png \(HTTP status 403/);
    expect(await filesIn(directory)).toEqual({ 'a.png': 'new' });
  } finally {
    await server.stop();
  }
});

test('objects below a prefix come once, as long as they have the same ETag', async () => {
  const asked: string[] = [];
  const objects = memoryObjects(async ({ method, key }) => {
    asked.push(`${method} ${key}`);
  });
  objects.seed('photos/x/1.png', Buffer.from('one'));
  objects.seed('photos/x/ü 2.png', Buffer.alloc(17 * 2 ** 20, 'a'));
  objects.seed('photos/x/', Buffer.alloc(0));
  objects.seed('photographs/3.png', Buffer.from('three'));
  const directory = newFolder();
  const names = ['x/1.png', 'x/ü 2.png'];
  const all = async (): Promise<string[]> => {
    const origin = s3Origin(objects, 'photos/');
    const listed = await origin.list!();
    expect(await fetched(origin, directory, listed)).toEqual([]);
    return listed;
  };
  expect(await all()).toEqual(names);
  expect(await filesIn(directory)).toEqual({
    'x/1.png': 'one',
    'x/ü 2.png': 'a'.repeat(17 * 2 ** 20),
  });
  objects.seed('photos/x/1.png', Buffer.from('other'));
  asked.length = 0;
  await all();
  expect((await filesIn(directory))['x/1.png']).toBe('other');
  expect(asked.filter((call) => call.startsWith('getPart'))).toEqual(['getPart photos/x/1.png']);
});

test('a name may be as long as a disk takes it', async () => {
  const name = `${'x'.repeat(251)}.png`;
  const objects = memoryObjects();
  objects.seed(`p/${name}`, Buffer.from('one'));
  const server = await startMirror({ [name]: Buffer.from('two') });
  try {
    const bucket = newFolder();
    expect(await fetched(s3Origin(objects, 'p/'), bucket, [name])).toEqual([]);
    expect(await filesIn(bucket)).toEqual({ [name]: 'one' });
    const web = newFolder();
    const origin = httpOrigin(new URL(`${server.url}/`), { exceptions: [] });
    expect(await fetched(origin, web, [name])).toEqual([]);
    expect(await filesIn(web)).toEqual({ [name]: 'two' });
  } finally {
    await server.stop();
  }
});

test('of an object that is too large nothing stays', async () => {
  const objects = memoryObjects();
  objects.seed('p/a.npz', Buffer.from('begins'));
  const endless = {
    ...objects,
    getPart: async () => ({ content: Buffer.from('begins'), total: 2 ** 36 + 1 }),
  };
  const directory = newFolder();
  const failure = await failureFrom(
    UserError,
    fetched(s3Origin(endless, 'p/'), directory, ['a.npz']),
  );
  expect(failure).toMatchObject({ where: `s3://${objects.bucket}/p/a.npz` });
  expect(failure.found).toBe(`${2 ** 36 + 1} bytes`);
  expect(await filesIn(directory)).toEqual({});
});

test('an object that is replaced while it is read, or whose key leads elsewhere, is refused', async () => {
  const objects = memoryObjects(async ({ method }) => {
    if (method === 'getPart') objects.seed('p/a.png', Buffer.from('late'));
  });
  objects.seed('p/a.png', Buffer.from('early'));
  const origin = s3Origin(objects, 'p/');
  const names = await origin.list!();
  const failure = await failureFrom(WorldError, fetched(origin, newFolder(), names));
  expect(failure.what).toMatch(/replaced while it was read/);
  for (const key of ['p/../../a.png', 'p//etc/a.png', 'p/a\0.png', `p/${'ü'.repeat(128)}`]) {
    const hostile = memoryObjects();
    hostile.seed(key, Buffer.from('x'));
    const { what } = await failureFrom(UserError, s3Origin(hostile, 'p/').list!());
    expect(what).toMatch(/cannot be the path of a file/);
  }
});

test('what cannot lie in one folder is refused, of whatever origin, and only where it is wanted', async () => {
  const objects = memoryObjects();
  for (const key of ['p/a', 'p/a-b', 'p/a/b/c.png']) objects.seed(key, Buffer.from('x'));
  const server = new URL('http://127.0.0.1:1/x/');
  for (const origin of [s3Origin(objects, 'p/'), httpOrigin(server, { exceptions: [] })]) {
    const names = ['a', 'a-b', 'a/b/c.png'];
    const failure = await failureFrom(UserError, fetched(origin, newFolder(), names));
    expect(failure).toMatchObject({ where: `${origin.address}a`, found: 'a and a/b/c.png' });
  }
  const pictures = ['a-b', 'a/b/c.png'];
  expect(await fetched(s3Origin(objects, 'p/'), newFolder(), pictures)).toEqual([]);
});
