import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type MirrorServer, startMirror } from '@atelier/download/testing';
import { UserError, WorldError } from '@atelier/errors';
import { failureFrom } from '@atelier/errors/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DownloadOptions } from '../src/download-dataset.ts';
import type { IdxDescriptor } from '../src/formats/idx.ts';
import {
  type DownloadProgress,
  downloadDataset,
  prepareDataset,
  readDescriptor,
} from '../src/index.ts';
import { syntheticDataset } from '../src/synthetic-dataset.ts';

/** Little to wait between rounds, but much for a busy machine. */
const hasty = { stallMs: 10_000, rounds: 3, pauseMs: 20 };
/** Nothing listens on the discard port. */
const unreachable = 'http://127.0.0.1:2/';

let root: string;
let source: string;
let cache: string;
let descriptorPath: string;
let descriptor: IdxDescriptor;
let server: MirrorServer;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'download-'));
  source = join(root, 'source');
  cache = join(root, 'cache');
  descriptorPath = await syntheticDataset({ directory: source, train: 200, test: 40 });
  descriptor = { ...((await readDescriptor(descriptorPath)) as IdxDescriptor), mirrors: [] };
  const names = Object.values(descriptor.files).map(({ name }) => name);
  server = await startMirror(
    Object.fromEntries(
      await Promise.all(
        names.map(async (name) => [name, new Uint8Array(await readFile(join(source, name)))]),
      ),
    ),
  );
});

afterEach(async () => {
  await server.stop();
  await rm(root, { recursive: true });
});

const download = (options: Partial<DownloadOptions> = {}, patience = hasty) =>
  downloadDataset(
    {
      descriptor,
      directory: cache,
      mirrors: [server.url],
      proxies: { exceptions: [] },
      ...options,
    },
    patience,
  );

const images = () => descriptor.files.trainImages;

async function expectComplete(): Promise<void> {
  const names = Object.values(descriptor.files).map(({ name }) => name);
  expect((await readdir(cache)).sort()).toEqual(names.sort());
  for (const name of names)
    expect((await readFile(join(cache, name))).equals(await readFile(join(source, name)))).toBe(
      true,
    );
}

const requestsFor = (name: string) => server.seen.filter(({ file }) => file === name);
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

test('unreachable mirrors are the world’s failure and named, each with its reason', async () => {
  const failure = await failureFrom(
    WorldError,
    download({
      mirrors: [unreachable, 'http://mirror.invalid/'],
    }),
  );
  expect(failure.where).toMatch(/127\.0\.0\.1:2\/.*ECONNREFUSED.*mirror\.invalid/);
  expect(failure.remedy).toContain('network');
});

test.each([
  ['ftp://example.org/', 'http://'],
  ['example.org', 'http://'],
  ['/data/fashion', 'file:///'],
  ['', 'http://'],
])('the mirror %j is refused before anything starts', async (mirror, expected) => {
  const failure = await failureFrom(UserError, download({ mirrors: [mirror, server.url] }));
  expect(`${failure.expected}`).toContain(expected);
  expect(server.seen).toEqual([]);
});

test('a dataset without mirrors says so', async () => {
  expect((await failureFrom(UserError, download({ mirrors: [] }))).where).toContain('mirrors');
});

test('one failing file stops the others and is the failure told', async () => {
  server.behave(images().name, { pace: 5000 });
  server.behave(descriptor.files.testLabels.name, { status: { code: 404 } });
  const started = performance.now();
  const failure = await failureFrom(UserError, download());
  expect(failure.what).toContain(descriptor.files.testLabels.name);
  expect(performance.now() - started).toBeLessThan(5000);
});

test('what a killed process received is continued', async () => {
  server.behave(images().name, { pace: 20 });
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      fileURLToPath(new URL('dataset-download-child.ts', import.meta.url)),
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
  expect(await readdir(cache)).not.toContain(images().name);

  server.behave(images().name, {});
  await download();
  expect(requestsFor(images().name).at(-1)?.range).toMatch(/^bytes=[1-9]\d*-$/);
  await expectComplete();
});

async function partSize(holder: string): Promise<number> {
  const names = await readdir(cache).catch(() => []);
  const name = names.find((n) => n.startsWith(images().name) && n.includes(holder));
  return name === undefined ? 0 : (await readFile(join(cache, name))).length;
}

test('downloads into one folder at the same time do not disturb each other', async () => {
  server.behave(images().name, { pace: 1 });
  await Promise.all([download(), download(), download()]);
  await expectComplete();
});
