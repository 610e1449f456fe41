import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { glanceAtFile, type LookedAt, lookAtFile, type ReceivedFile } from '../src/follow-file.ts';
import { type MirrorServer, startMirror } from '../src/mirror-server.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const hour = 3_600_000;
const ago = (milliseconds: number) => new Date(Date.now() - milliseconds).toUTCString();

let folder: string;
let server: MirrorServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'follow-'));
  server = await startMirror({ 'a.gz': bytes('one') });
});
afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

const look = (earlier?: ReceivedFile, url = new URL(`${server.url}/a.gz`), atMost = 100) =>
  lookAtFile({
    ...{ url, earlier, atMost, path: join(folder, 'received'), stallMs: 10_000 },
    proxies: { exceptions: [] },
    signal: new AbortController().signal,
  });
/** Whether the bytes had to come. */
const isBrought = ({ path }: LookedAt): boolean => path !== undefined;

test('by its ETag a file that is the same is not sent, and one that is another is', async () => {
  server.behave('a.gz', { etag: '"1"' });
  const first = await look();
  expect(await readFile(first.path!, 'utf8')).toBe('one');
  expect(first).toMatchObject({ bytes: 3, etag: '"1"' });
  const { path: _, ...earlier } = first;
  expect(await look(earlier)).toEqual(earlier);
  expect(server.seen.at(-1)?.status).toBe(304);

  server.behave('a.gz', { etag: '"2"', bytes: bytes('two') });
  const changed = await look(earlier);
  expect(changed).toMatchObject({ etag: '"2"', bytes: 3 });
  expect(changed.sha256).not.toBe(first.sha256);
});

test('a server that knows no conditions, and names its version, is not listened to the end', async () => {
  const big = new Uint8Array(5_000_000);
  server.behave('a.gz', { bytes: big, headers: { etag: '"1"' }, pace: 20 });
  const earlier = { url: `${server.url}/a.gz`, bytes: 3, sha256: '', etag: '"1"' };
  // The whole would take 24 s.
  expect(await look(earlier)).toEqual(earlier);
});

test.each([
  ['an hour old', { 'last-modified': ago(hour) }, true],
  ['written this minute', { 'last-modified': ago(1_000) }, false],
  ['of a weak ETag', { etag: 'W/"1"' }, false],
  ['of an ETag that is none', { etag: '"a b"' }, false],
])('an answer %s identifies its version: %s', async (_, headers, identifies) => {
  server.behave('a.gz', { headers });
  const { etag, modified } = await look();
  expect([etag, modified].some((value) => value !== undefined)).toBe(identifies);
});

test('what was received from another address says nothing about this one', async () => {
  server.behave('a.gz', { etag: '"1"' });
  const elsewhere = { url: 'http://other.example/a.gz', bytes: 3, sha256: '', etag: '"1"' };
  expect(isBrought(await look(elsewhere))).toBe(true);
});

test('a file of this machine is told by its digest alone', async () => {
  const path = join(folder, 'a.gz');
  await writeFile(path, 'one');
  const first = await look(undefined, pathToFileURL(path));
  expect(first.path).toBe(path);
  const { path: _, ...earlier } = first;
  expect(isBrought(await look(earlier, pathToFileURL(path)))).toBe(false);
  // Of the same size and, on some file systems, of the same time.
  await writeFile(path, 'two');
  expect(isBrought(await look(earlier, pathToFileURL(path)))).toBe(true);
  await expect(look(undefined, pathToFileURL(folder))).rejects.toThrow('it is a folder');
});

test('a glance tells whether a file is the same without receiving it', async () => {
  const url = new URL(`${server.url}/a.gz`);
  const glance = (earlier?: ReceivedFile, at = url) =>
    glanceAtFile({
      ...{ url: at, earlier, stallMs: 10_000, proxies: { exceptions: [] } },
      signal: new AbortController().signal,
    });
  // The whole would take 24 s.
  server.behave('a.gz', { bytes: new Uint8Array(5_000_000), etag: '"1"', pace: 20 });
  const earlier = { url: url.href, bytes: 3, sha256: '', etag: '"1"' };
  expect(await glance()).toBe('there');
  expect(await glance(earlier)).toBe('same');
  expect(await glance({ ...earlier, etag: '"0"' })).toBe('another');
  expect(await glance({ ...earlier, etag: undefined })).toBe('there');
  server.behave('a.gz', { status: { code: 503 } });
  await expect(glance(earlier)).rejects.toThrow('HTTP status 503');

  const path = join(folder, 'a.gz');
  await writeFile(path, 'one');
  const { path: _, ...kept } = await look(undefined, pathToFileURL(path));
  expect(await glance(kept, pathToFileURL(path))).toBe('same');
  await writeFile(path, 'two');
  expect(await glance(kept, pathToFileURL(path))).toBe('another');
});

test('a server that sends without end is given up, and one that breaks off is said', async () => {
  server.behave('a.gz', { bytes: new Uint8Array(10_000), chunked: true });
  await expect(look()).rejects.toThrow('expected at most 100 bytes, found more');
  server.behave('a.gz', { bytes: new Uint8Array(10_000), breakAfter: 50 });
  await expect(look()).rejects.toThrow('the connection broke');
  server.behave('a.gz', { status: { code: 304 } });
  await expect(look()).rejects.toThrow('HTTP status 304');
});
