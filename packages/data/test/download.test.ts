import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UserError, WorldError } from '@atelier/errors';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DownloadOptions } from '../src/index.ts';
import {
  type DatasetDescriptor,
  type DownloadProgress,
  downloadDataset,
  prepareDataset,
  readDescriptor,
} from '../src/index.ts';
import { syntheticDataset } from '../src/synthetic-dataset.ts';
import { type MirrorServer, startMirror } from './mirror-server.ts';

/** Little to wait between rounds, but much for a busy machine. */
const hasty = { stallMs: 10_000, rounds: 3, pauseMs: 20 };
const impatient = { ...hasty, stallMs: 400 };
/** Nothing listens on the discard port. */
const unreachable = 'http://127.0.0.1:9/';

let root: string;
let source: string;
let cache: string;
let descriptorPath: string;
let descriptor: DatasetDescriptor;
let server: MirrorServer;
let images: DatasetDescriptor['files']['trainImages'];
let original: Uint8Array;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'download-'));
  source = join(root, 'source');
  cache = join(root, 'cache');
  descriptorPath = await syntheticDataset({ directory: source, train: 200, test: 40 });
  descriptor = { ...(await readDescriptor(descriptorPath)), mirrors: [] };
  const names = Object.values(descriptor.files).map(({ name }) => name);
  server = await startMirror(
    Object.fromEntries(
      await Promise.all(
        names.map(async (name) => [name, new Uint8Array(await readFile(join(source, name)))]),
      ),
    ),
  );
  images = descriptor.files.trainImages;
  original = new Uint8Array(await readFile(join(source, images.name)));
});

afterEach(async () => {
  await server.stop();
  await rm(root, { recursive: true });
});

const download = (options: Partial<DownloadOptions> = {}, patience = hasty) =>
  downloadDataset({ descriptor, directory: cache, mirrors: [server.url], ...options }, patience);

async function failureOf<E extends UserError | WorldError>(
  kind: new (...args: never[]) => E,
  options: Partial<DownloadOptions> = {},
  patience = hasty,
): Promise<E['failure']> {
  const error = await download(options, patience).catch((thrown: unknown) => thrown);
  if (!(error instanceof kind)) throw error;
  return error.failure;
}

async function expectComplete(): Promise<void> {
  const names = Object.values(descriptor.files).map(({ name }) => name);
  expect((await readdir(cache)).sort()).toEqual(names.sort());
  for (const name of names)
    expect((await readFile(join(cache, name))).equals(await readFile(join(source, name)))).toBe(
      true,
    );
}

const requestsFor = (name: string) => server.seen.filter(({ file }) => file === name);
const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, bytes[at]! ^ 1);
/** Where an earlier download leaves what it received. */
const partPath = () => join(cache, `${images.name}.${images.sha256.slice(0, 12)}.part`);

async function leavePart(bytes: Uint8Array): Promise<void> {
  await mkdir(cache, { recursive: true });
  await writeFile(partPath(), bytes);
}

test('files come over HTTP, in parallel, are verified, told about and usable', async () => {
  const told: DownloadProgress[] = [];
  const files = await download({ onProgress: (progress) => told.push(progress) });
  await expectComplete();
  for (const { name, bytes } of Object.values(descriptor.files)) {
    const progress = told.filter(({ file }) => file === name);
    expect(progress[0]).toEqual({ file: name, receivedBytes: 0, totalBytes: bytes });
    expect(progress.at(-1)).toEqual({ file: name, receivedBytes: bytes, totalBytes: bytes });
  }
  const { manifest } = await prepareDataset({ descriptor, files, splitSeed: 0 });
  expect(manifest.splits.train.count).toBe(200);
});

test('files come from a folder by a file:// address', async () => {
  await download({ mirrors: [pathToFileURL(source).href] });
  await expectComplete();
});

test('what is there and right is not asked for again', async () => {
  await download();
  const before = server.seen.length;
  const told: DownloadProgress[] = [];
  await download({ onProgress: (progress) => told.push(progress) });
  expect(server.seen.length).toBe(before);
  expect(told).toHaveLength(4);
});

test('a file that was damaged on the disk is downloaded again', async () => {
  await download();
  await writeFile(join(cache, images.name), flipped(original, 1000));
  await download();
  expect(requestsFor(images.name)).toHaveLength(2);
  await expectComplete();
});

test('a broken connection is continued where it broke, until the file is whole', async () => {
  // Each attempt brings so little that the rounds would not suffice if bringing it did not count.
  const step = Math.ceil(images.bytes / 7);
  server.behave(images.name, { breakAfter: step });
  await download();
  const offsets = requestsFor(images.name).map(({ range }) =>
    Number(range?.match(/\d+/)?.[0] ?? 0),
  );
  expect(offsets).toEqual([0, 1, 2, 3, 4, 5, 6].map((n) => n * step));
  await expectComplete();
});

test('a server that knows no ranges begins again', async () => {
  await leavePart(original.subarray(0, 5000));
  server.behave(images.name, { ranges: false });
  await download();
  expect(requestsFor(images.name)).toMatchObject([{ file: images.name, range: 'bytes=5000-' }]);
  await expectComplete();
});

test('a range that leaves a gap is refused', async () => {
  await leavePart(original.subarray(0, 5000));
  server.behave(images.name, { skip: 1 });
  expect((await failureOf(UserError)).where).toContain('206');
  expect((await readFile(partPath())).equals(original.subarray(0, 5000))).toBe(true);
});

test('a slow but steady connection is not given up', async () => {
  server.behave(images.name, { pace: 40 });
  const started = performance.now();
  await download({}, impatient);
  expect(performance.now() - started).toBeGreaterThan(2 * impatient.stallMs);
  expect(requestsFor(images.name)).toHaveLength(1);
  await expectComplete();
});

test('a stalled connection is given up and another mirror continues', async () => {
  const other = await startMirror({ [images.name]: original });
  server.behave(images.name, { stallAfter: 8192 });
  try {
    await download({ mirrors: [server.url, other.url] }, impatient);
    expect(other.seen).toMatchObject([{ file: images.name, range: 'bytes=8192-' }]);
    await expectComplete();
  } finally {
    await other.stop();
  }
});

test('a mirror that stalls before it answers is named in the failure', async () => {
  server.behave(images.name, { stallAfter: 0 });
  const failure = await failureOf(WorldError, {}, impatient);
  expect(failure.where).toContain(`${server.url}/${images.name}`);
  expect(failure.where).toContain('less than 1 kB/s for 0.4 s');
});

test('a busy server is asked again, after pauses', async () => {
  server.behave(images.name, { status: { code: 503, times: 2 } });
  await download();
  expect(requestsFor(images.name)).toHaveLength(3);
  await expectComplete();
});

test('a server that stays busy is the world’s failure, after as many rounds as there are', async () => {
  server.behave(images.name, { status: { code: 503 } });
  const failure = await failureOf(WorldError);
  expect(failure.where).toContain('HTTP status 503');
  expect(requestsFor(images.name)).toHaveLength(hasty.rounds);
});

test('wrong bytes from one mirror make the next one serve the file', async () => {
  const other = await startMirror({ [images.name]: original });
  server.behave(images.name, { bytes: flipped(original, 77) });
  try {
    await download({ mirrors: [server.url, other.url] });
    expect(requestsFor(images.name)).toHaveLength(1);
    await expectComplete();
  } finally {
    await other.stop();
  }
});

test('wrong bytes from every mirror are the user’s failure, with both digests', async () => {
  server.behave(images.name, { bytes: flipped(original, 77) });
  const failure = await failureOf(UserError);
  expect(failure.expected).toBe(`SHA-256 ${images.sha256}`);
  expect(failure.found).toMatch(/^SHA-256 [0-9a-f]{64}$/);
  expect(failure.where).toContain(`${server.url}/${images.name}`);
  expect(requestsFor(images.name)).toHaveLength(1);
  expect(await readdir(cache)).not.toContain(images.name);
});

test('wrong bytes are told even where another mirror cannot be reached', async () => {
  server.behave(images.name, { bytes: flipped(original, 77) });
  const failure = await failureOf(UserError, { mirrors: [server.url, unreachable] });
  expect(failure.expected).toContain(images.sha256);
  expect(failure.where).toContain('ECONNREFUSED');
  expect(requestsFor(images.name)).toHaveLength(1);
});

test.each([
  ['longer', () => new Uint8Array([...original, 0])],
  ['shorter', () => original.subarray(1)],
])('a %s file is refused by its size, with and without a Content-Length', async (_, bytes) => {
  for (const chunked of [false, true]) {
    server.behave(images.name, { bytes: bytes(), chunked });
    const failure = await failureOf(UserError);
    expect(failure.expected).toBe(`${images.bytes} bytes`);
    expect(failure.found).toMatch(/bytes$/);
    await rm(cache, { recursive: true });
  }
});

test('a part spoilt by one mirror does not speak against another', async () => {
  await leavePart(flipped(original, 3).subarray(0, 9000));
  await download();
  expect(requestsFor(images.name).map(({ range }) => range)).toEqual(['bytes=9000-', undefined]);
  await expectComplete();
});

test('a part that was whole already needs no mirror', async () => {
  await leavePart(original);
  await download();
  expect(requestsFor(images.name)).toEqual([]);
  await expectComplete();
});

test('a part longer than the file is begun again', async () => {
  await leavePart(new Uint8Array(images.bytes + 1));
  await download();
  expect(requestsFor(images.name)).toMatchObject([{ file: images.name, range: undefined }]);
  await expectComplete();
});

test('redirects are followed, but not for ever and not to files', async () => {
  server.behave(images.name, { redirect: `${server.url}/moved` });
  const failure = await failureOf(UserError);
  expect(failure.where).toContain('404');
  server.behave(images.name, { redirect: `${server.url}/${images.name}` });
  expect((await failureOf(UserError)).where).toContain('more than 5 redirects');
  server.behave(images.name, { redirect: pathToFileURL(join(source, images.name)).href });
  expect((await failureOf(UserError)).where).toContain('redirects to file:');

  const other = await startMirror({ [images.name]: original });
  server.behave(images.name, { redirect: `${other.url}/${images.name}` });
  await download().finally(() => other.stop());
  await expectComplete();
});

test('a gzip file that is declared as encoded is stored as it is', async () => {
  server.behave(images.name, { headers: { 'content-encoding': 'gzip' } });
  await download();
  await expectComplete();
});

test('the query of a mirror’s address is kept, but never shown', async () => {
  await download({ mirrors: [`${server.url}/?token=secret`] });
  expect(requestsFor(images.name)[0]?.query).toBe('token=secret');
  server.behave(images.name, { status: { code: 403 } });
  await rm(cache, { recursive: true });
  const address = `${server.url}/?token=secret`.replace('//', '//user:password@');
  const refused = await failureOf(UserError, { mirrors: [address] });
  expect(refused.where).toContain('403');
  expect(JSON.stringify(refused)).not.toMatch(/secret|password/);
});

test('unreachable mirrors are the world’s failure and named, each with its reason', async () => {
  const failure = await failureOf(WorldError, {
    mirrors: [unreachable, 'http://mirror.invalid/'],
  });
  expect(failure.where).toMatch(/127\.0\.0\.1:9\/.*ECONNREFUSED.*mirror\.invalid/);
  expect(failure.remedy).toContain('network');
});

test('a file that no mirror has is the user’s failure', async () => {
  await rm(join(source, images.name));
  const failure = await failureOf(UserError, { mirrors: [pathToFileURL(source).href] });
  expect(failure.what).toContain(images.name);
  expect(failure.where).toContain('ENOENT');
});

test.each([
  ['ftp://example.org/', 'http://'],
  ['example.org', 'http://'],
  ['/data/fashion', 'file:///'],
  ['', 'http://'],
])('the mirror %j is refused before anything starts', async (mirror, expected) => {
  const failure = await failureOf(UserError, { mirrors: [mirror, server.url] });
  expect(`${failure.expected}`).toContain(expected);
  expect(server.seen).toEqual([]);
});

test('a dataset without mirrors says so', async () => {
  expect((await failureOf(UserError, { mirrors: [] })).where).toContain('mirrors');
});

test('an abort ends at once with its reason and keeps what has arrived', async () => {
  server.behave(images.name, { pace: 5 });
  const reason = new Error('stop');
  const controller = new AbortController();
  const started = performance.now();
  const onProgress = ({ file, receivedBytes }: DownloadProgress): void => {
    if (file === images.name && receivedBytes > 16_000) controller.abort(reason);
  };
  await expect(download({ signal: controller.signal, onProgress })).rejects.toBe(reason);
  expect(performance.now() - started).toBeLessThan(5000);
  expect((await readFile(partPath())).length).toBeGreaterThan(16_000);
  expect(await readdir(cache)).not.toContain(images.name);

  server.behave(images.name, {});
  await download();
  expect(requestsFor(images.name).at(-1)?.range).toMatch(/^bytes=\d{5,}-$/);
  await expectComplete();
});

test('one failing file stops the others and is the failure told', async () => {
  server.behave(images.name, { pace: 5000 });
  server.behave(descriptor.files.testLabels.name, { status: { code: 404 } });
  const started = performance.now();
  const failure = await failureOf(UserError);
  expect(failure.what).toContain(descriptor.files.testLabels.name);
  expect(performance.now() - started).toBeLessThan(5000);
});

test('what a killed process received is continued', async () => {
  server.behave(images.name, { pace: 20 });
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      fileURLToPath(new URL('download-child.ts', import.meta.url)),
      descriptorPath,
      cache,
      server.url,
    ],
    { stdio: 'inherit' },
  );
  const ended = once(child, 'exit');
  await expect.poll(() => partSize(`.${child.pid}.`), { timeout: 20_000 }).toBeGreaterThan(8192);
  child.kill('SIGKILL');
  await ended;
  expect(await readdir(cache)).not.toContain(images.name);

  server.behave(images.name, {});
  await download();
  expect(requestsFor(images.name).at(-1)?.range).toMatch(/^bytes=[1-9]\d*-$/);
  await expectComplete();
});

async function partSize(holder: string): Promise<number> {
  const names = await readdir(cache).catch(() => []);
  const name = names.find((n) => n.startsWith(images.name) && n.includes(holder));
  return name === undefined ? 0 : (await readFile(join(cache, name))).length;
}

test('downloads into one folder at the same time do not disturb each other', async () => {
  server.behave(images.name, { pace: 1 });
  await Promise.all([download(), download(), download()]);
  await expectComplete();
});

test('the part of a living process is left alone', async () => {
  const holder = `${hostname().replace(/[^A-Za-z0-9-]/g, '-')}.${process.ppid}.1`;
  const part = join(cache, `${images.name}.${images.sha256.slice(0, 12)}.${holder}.part`);
  await mkdir(cache);
  await writeFile(part, original.subarray(0, 5000));
  await download();
  expect(requestsFor(images.name)).toMatchObject([{ file: images.name, range: undefined }]);
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
  const failure = await failureOf(UserError, { directory });
  expect(failure.what).toMatch(/Permission denied|read-only/);
  expect(failure.where).toContain(directory);
});

test('a file where the folder should be is the user’s failure', async () => {
  await writeFile(cache, '');
  expect((await failureOf(UserError)).where).toContain(cache);
});

test.skipIf(!existsSync('/dev/full'))('a full disk is said at once, without a retry', async () => {
  await mkdir(cache);
  await symlink('/dev/full', partPath());
  const failure = await failureOf(WorldError);
  expect(failure.what).toBe('The disk is full.');
  expect(failure.found).toContain('ENOSPC');
  expect(requestsFor(images.name)).toHaveLength(1);
});
