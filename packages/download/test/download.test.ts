import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  rmdir,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError, WorldError } from '@atelier/errors';
import { failureFrom } from '@atelier/errors/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { downloadFile, type FileDownload } from '../src/index.ts';
import { fileIn, parseMirror } from '../src/mirror.ts';
import { type MirrorServer, startMirror } from '../src/mirror-server.ts';

/** Little to wait between rounds, but much for a busy machine. */
const hasty = { stallMs: 10_000, rounds: 3, pauseMs: 20 };
const impatient = { ...hasty, stallMs: 400 };
/** Nothing listens on the discard port. */
const unreachable = 'http://127.0.0.1:2/';

const name = 'images.gz';
const original = Uint8Array.from({ length: 100_000 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24);
const sha256 = createHash('sha256').update(original).digest('hex');
const remedies = {
  wrong: { remedy: 'mend it' },
  missing: { remedy: 'bring it' },
  unreachable: { remedy: 'connect the network' },
};

let root: string;
let source: string;
let cache: string;
let server: MirrorServer;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'download-'));
  [source, cache] = [join(root, 'source'), join(root, 'cache')];
  await mkdir(source);
  await writeFile(join(source, name), original);
  server = await startMirror({ [name]: original });
});

afterEach(async () => {
  await server.stop();
  await rm(root, { recursive: true });
});

interface Options extends Partial<Omit<FileDownload, 'mirrors'>> {
  directory?: string;
  mirrors?: string[];
}

const download = (
  { mirrors = [server.url], directory = cache, ...options }: Options = {},
  patience = hasty,
) =>
  downloadFile({
    ...{ path: join(directory, name), sha256, bytes: original.length, remedies, patience },
    proxies: { exceptions: [] },
    mirrors: mirrors.map((mirror) => fileIn(parseMirror(mirror), name)),
    ...options,
  });

async function expectComplete(): Promise<void> {
  expect(await readdir(cache)).toEqual([name]);
  expect((await readFile(join(cache, name))).equals(original)).toBe(true);
}

const requestsFor = (name: string) => server.seen.filter(({ file }) => file === name);
const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, bytes[at]! ^ 1);
/** Where an earlier download leaves what it received. */
const partPath = () => join(cache, `${name}.${sha256.slice(0, 12)}.part`);

async function leavePart(bytes: Uint8Array): Promise<void> {
  await mkdir(cache, { recursive: true });
  await writeFile(partPath(), bytes);
}

test('what is there and right is not asked for again', async () => {
  await download();
  const before = server.seen.length;
  const told: number[] = [];
  await download({ onBytes: (received) => told.push(received) });
  expect(server.seen.length).toBe(before);
  expect(told).toEqual([original.length]);
});

test('a file that was damaged on the disk is downloaded again', async () => {
  await download();
  await writeFile(join(cache, name), flipped(original, 1000));
  await download();
  expect(requestsFor(name)).toHaveLength(2);
  await expectComplete();
});

test('a broken connection is continued where it broke, until the file is whole', async () => {
  // Each attempt brings so little that the rounds would not suffice if bringing it did not count.
  const step = Math.ceil(original.length / 7);
  server.behave(name, { breakAfter: step });
  await download();
  const offsets = requestsFor(name).map(({ range }) => Number(range?.match(/\d+/)?.[0] ?? 0));
  expect(offsets).toEqual([0, 1, 2, 3, 4, 5, 6].map((n) => n * step));
  await expectComplete();
});

test('a mirror that gives a byte to each connection is given up, and another one is asked', async () => {
  server.behave(name, { breakAfter: 1 });
  expect((await failureFrom(WorldError, download())).where).toContain('after 3 of 100000 bytes');
  expect(requestsFor(name)).toHaveLength(hasty.rounds);
  const other = await startMirror({ [name]: original });
  await download({ mirrors: [server.url, other.url] }).finally(() => other.stop());
  await expectComplete();
});

test('a server that knows no ranges begins again', async () => {
  await leavePart(original.subarray(0, 5000));
  server.behave(name, { ranges: false });
  await download();
  expect(requestsFor(name)).toMatchObject([{ file: name, range: 'bytes=5000-' }]);
  await expectComplete();
});

test('a range that leaves a gap is refused', async () => {
  await leavePart(original.subarray(0, 5000));
  server.behave(name, { skip: 1 });
  expect((await failureFrom(UserError, download())).where).toContain('206');
  expect((await readFile(partPath())).equals(original.subarray(0, 5000))).toBe(true);
});

test('a slow but steady connection is not given up', async () => {
  server.behave(name, { pace: 40 });
  const started = performance.now();
  await download({}, impatient);
  expect(performance.now() - started).toBeGreaterThan(2 * impatient.stallMs);
  expect(requestsFor(name)).toHaveLength(1);
  await expectComplete();
});

test('a stalled connection is given up and another mirror continues', async () => {
  const other = await startMirror({ [name]: original });
  server.behave(name, { stallAfter: 8192 });
  try {
    await download({ mirrors: [server.url, other.url] }, impatient);
    expect(other.seen).toMatchObject([{ file: name, range: 'bytes=8192-' }]);
    await expectComplete();
  } finally {
    await other.stop();
  }
});

test('a mirror that stalls before it answers is named in the failure', async () => {
  server.behave(name, { stallAfter: 0 });
  const failure = await failureFrom(WorldError, download({}, impatient));
  expect(failure.where).toContain(`${server.url}/${name}`);
  expect(failure.where).toContain('less than 1 kB/s for 0.4 s');
});

test('a busy server is asked again, after pauses', async () => {
  server.behave(name, { status: { code: 503, times: 2 } });
  await download();
  expect(requestsFor(name)).toHaveLength(3);
  await expectComplete();
});

test('a server that stays busy is the world’s failure, after as many rounds as there are', async () => {
  server.behave(name, { status: { code: 503 } });
  const failure = await failureFrom(WorldError, download());
  expect(failure.where).toContain('HTTP status 503');
  expect(requestsFor(name)).toHaveLength(hasty.rounds);
});

test('wrong bytes from one mirror make the next one serve the file', async () => {
  const other = await startMirror({ [name]: original });
  server.behave(name, { bytes: flipped(original, 77) });
  try {
    await download({ mirrors: [server.url, other.url] });
    expect(requestsFor(name)).toHaveLength(1);
    await expectComplete();
  } finally {
    await other.stop();
  }
});

test('wrong bytes from every mirror are the user’s failure, with both digests', async () => {
  server.behave(name, { bytes: flipped(original, 77) });
  const failure = await failureFrom(UserError, download());
  expect(failure.expected).toBe(`SHA-256 ${sha256}`);
  expect(failure.found).toMatch(/^SHA-256 [0-9a-f]{64}$/);
  expect(failure.where).toContain(`${server.url}/${name}`);
  expect(requestsFor(name)).toHaveLength(1);
  expect(await readdir(cache)).not.toContain(name);
});

test('wrong bytes are told even where another mirror cannot be reached', async () => {
  server.behave(name, { bytes: flipped(original, 77) });
  const failure = await failureFrom(UserError, download({ mirrors: [server.url, unreachable] }));
  expect(failure.expected).toContain(sha256);
  expect(failure.where).toContain('ECONNREFUSED');
  expect(requestsFor(name)).toHaveLength(1);
});

test.each([
  ['longer', () => new Uint8Array([...original, 0])],
  ['shorter', () => original.subarray(1)],
])('a %s file is refused by its size, with and without a Content-Length', async (_, bytes) => {
  for (const chunked of [false, true]) {
    server.behave(name, { bytes: bytes(), chunked });
    const failure = await failureFrom(UserError, download());
    expect(failure.expected).toBe(`${original.length} bytes`);
    expect(failure.found).toMatch(/bytes$/);
    await rm(cache, { recursive: true });
  }
});

test('a part spoilt by one mirror does not speak against another', async () => {
  await leavePart(flipped(original, 3).subarray(0, 9000));
  await download();
  expect(requestsFor(name).map(({ range }) => range)).toEqual(['bytes=9000-', undefined]);
  await expectComplete();
});

test('a part that was whole already needs no mirror', async () => {
  await leavePart(original);
  await download();
  expect(requestsFor(name)).toEqual([]);
  await expectComplete();
});

test('a part longer than the file is begun again', async () => {
  await leavePart(new Uint8Array(original.length + 1));
  await download();
  expect(requestsFor(name)).toMatchObject([{ file: name, range: undefined }]);
  await expectComplete();
});

test('redirects are followed, but not for ever and not to files', async () => {
  server.behave(name, { redirect: `${server.url}/moved` });
  const failure = await failureFrom(UserError, download());
  expect(failure.where).toContain('404');
  server.behave(name, { redirect: `${server.url}/${name}` });
  expect((await failureFrom(UserError, download())).where).toContain('more than 5 redirects');
  server.behave(name, { redirect: pathToFileURL(join(source, name)).href });
  expect((await failureFrom(UserError, download())).where).toContain('redirects to file:');

  const other = await startMirror({ [name]: original });
  server.behave(name, { redirect: `${other.url}/${name}` });
  await download().finally(() => other.stop());
  await expectComplete();
});

test('a gzip file that is declared as encoded is stored as it is', async () => {
  server.behave(name, { headers: { 'content-encoding': 'gzip' } });
  await download();
  await expectComplete();
});

test('a file that no mirror has is the user’s failure', async () => {
  await rm(join(source, name));
  const failure = await failureFrom(UserError, download({ mirrors: [pathToFileURL(source).href] }));
  expect(failure.what).toContain(name);
  expect(failure.where).toContain('ENOENT');
});

test('a folder or a device under the name of the file is the user’s failure', async () => {
  await rm(join(source, name));
  await mkdir(join(source, name));
  const { size } = await stat(join(source, name));
  const mirrors = [pathToFileURL(source).href];
  // Also where it is as large as the file should be.
  for (const bytes of [size, original.length]) {
    const failure = await failureFrom(UserError, download({ mirrors, bytes }));
    expect(failure.where).toContain('it is a folder');
  }
  await rmdir(join(source, name));
  await symlink('/dev/zero', join(source, name));
  expect((await failureFrom(UserError, download({ mirrors }))).where).toContain('no plain file');
});

test('an abort ends at once with its reason and keeps what has arrived', async () => {
  server.behave(name, { pace: 5 });
  const reason = new Error('stop');
  const controller = new AbortController();
  const started = performance.now();
  const onBytes = (received: number): void => {
    if (received > 16_000) controller.abort(reason);
  };
  await expect(download({ signal: controller.signal, onBytes })).rejects.toBe(reason);
  expect(performance.now() - started).toBeLessThan(5000);
  expect((await readFile(partPath())).length).toBeGreaterThan(16_000);
  expect(await readdir(cache)).not.toContain(name);

  server.behave(name, {});
  await download();
  expect(requestsFor(name).at(-1)?.range).toMatch(/^bytes=\d{5,}-$/);
  await expectComplete();
});

test('the part of a living process is left alone', async () => {
  const holder = `${hostname().replace(/[^A-Za-z0-9-]/g, '-')}.${process.ppid}.1`;
  const part = join(cache, `${name}.${sha256.slice(0, 12)}.${holder}.part`);
  await mkdir(cache);
  await writeFile(part, original.subarray(0, 5000));
  await download();
  expect(requestsFor(name)).toMatchObject([{ file: name, range: undefined }]);
  expect((await readFile(part)).length).toBe(5000);
});

test('a folder that cannot be written is the user’s failure', async () => {
  // Permissions do not bind root, but nobody may make folders in /sys.
  const isRoot = process.getuid?.() === 0;
  const locked = isRoot ? '/sys' : join(root, 'locked');
  if (!isRoot) {
    await mkdir(locked);
    await chmod(locked, 0o500);
  }
  const directory = join(locked, 'cache');
  const failure = await failureFrom(UserError, download({ directory }));
  expect(failure.what).toMatch(/Permission denied|read-only/);
  expect(failure.where).toContain(directory);
});

test('a file where the folder should be is the user’s failure', async () => {
  await writeFile(cache, '');
  expect((await failureFrom(UserError, download())).where).toContain(cache);
});

test.skipIf(!existsSync('/dev/full'))('a full disk is said at once, without a retry', async () => {
  await mkdir(cache);
  await symlink('/dev/full', partPath());
  const failure = await failureFrom(WorldError, download());
  expect(failure.what).toBe('The disk is full.');
  expect(failure.found).toContain('ENOSPC');
  expect(requestsFor(name)).toHaveLength(1);
});

test('a file of unknown size is downloaded, continued and held against its digest', async () => {
  const path = join(cache, name);
  const unsized = (options: Partial<FileDownload> = {}) =>
    downloadFile({
      ...{ path, sha256, remedies, patience: hasty, proxies: { exceptions: [] } },
      mirrors: [fileIn(parseMirror(server.url), name)],
      ...options,
    });
  server.behave(name, { breakAfter: 40_000 });
  await unsized();
  expect(requestsFor(name).map(({ range }) => range)).toEqual([
    undefined,
    'bytes=40000-',
    'bytes=80000-',
  ]);
  await expectComplete();

  server.behave(name, {});
  await rm(path);
  await leavePart(original);
  await unsized();
  await expectComplete();

  await rm(path);
  await leavePart(new Uint8Array(original.length + 1));
  await unsized();
  await expectComplete();
  await expect(unsized({ path: join(root, 'b', name), sha256: '00'.repeat(32) })).rejects.toThrow(
    /SHA-256 0000[\s\S]*mend it/,
  );
});

test('parts may lie elsewhere, under a name of their own', async () => {
  const [path, parts] = [join(root, 'final', 'draft@17'), join(root, 'parts')];
  await mkdir(join(root, 'final'));
  await download({ path, parts, name });
  expect((await readFile(path)).equals(original)).toBe(true);
  expect(await readdir(parts)).toEqual([]);
});
