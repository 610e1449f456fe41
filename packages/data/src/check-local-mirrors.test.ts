import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '@atelier/errors';
import { failureFrom } from '@atelier/errors/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkLocalMirrors } from './check-local-mirrors.ts';
import type { IdxDescriptor } from './formats/idx.ts';
import { readDescriptor } from './read-descriptor.ts';
import { syntheticDataset } from './synthetic-dataset.ts';

let root: string;
let good: string;
let descriptor: IdxDescriptor;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mirrors-'));
  good = join(root, 'good one');
  const path = await syntheticDataset({
    ...{ directory: good, train: 120, test: 50, validationCount: 20 },
  });
  descriptor = { ...((await readDescriptor(path)) as IdxDescriptor), mirrors: [] };
});
afterAll(() => rm(root, { recursive: true }));

const url = (folder: string) => pathToFileURL(folder).href;
const nowhere = 'file:///nowhere/at/all';

/** A copy of the good folder. */
async function copy(name: string): Promise<string> {
  const folder = join(root, name);
  await cp(good, folder, { recursive: true });
  return folder;
}

const failureOf = (mirrors: string[], changed: Partial<IdxDescriptor> = {}) =>
  failureFrom(UserError, checkLocalMirrors({ ...descriptor, ...changed }, mirrors));

const counts = { train: 120, validation: 20, test: 30 };

test('a good folder gives the counts of the splits, by flag and by descriptor', async () => {
  expect(await checkLocalMirrors(descriptor, [url(good)])).toEqual(counts);
  const own = { ...descriptor, mirrors: [url(good)] };
  expect(await checkLocalMirrors(own, [])).toEqual(counts);
  expect(await checkLocalMirrors(own, [nowhere, 'https://mirror.invalid'])).toEqual(counts);
});

test('files may lie in several places, one of them what was kept', async () => {
  const [half, rest] = [await copy('half'), join(root, 'rest')];
  await cp(half, rest, { recursive: true });
  await rm(join(half, descriptor.files.testLabels.name));
  await rm(join(rest, descriptor.files.testImages.name));
  expect(await checkLocalMirrors(descriptor, [url(half), url(rest)])).toEqual(counts);
  expect(await checkLocalMirrors(descriptor, [url(half)], { kept: rest })).toEqual(counts);
});

test('what has to come from elsewhere is not judged', async () => {
  expect(await checkLocalMirrors(descriptor, ['https://mirror.invalid'])).toBeUndefined();
  expect(await checkLocalMirrors(descriptor, [nowhere, 'https://mirror.invalid'])).toBeUndefined();
});

test('a folder without the files is named', async () => {
  const failure = await failureOf([nowhere]);
  expect(failure.what).toBe(`No mirror has ${descriptor.files.trainImages.name}.`);
  expect(failure.where).toBe(`/nowhere/at/all/${descriptor.files.trainImages.name}`);
});

test('another size or digest than the descriptor names is told', async () => {
  const { trainImages, trainLabels } = descriptor.files;
  const folder = await copy('swapped');
  await rename(join(folder, trainLabels.name), join(folder, trainImages.name));
  expect(await failureOf([nowhere, url(folder)])).toMatchObject({
    where: join(folder, trainImages.name),
    expected: `${trainImages.bytes} bytes`,
    found: `${trainLabels.bytes} bytes`,
  });
  await writeFile(join(folder, trainImages.name), new Uint8Array(trainImages.bytes));
  const failure = await failureOf([url(folder)]);
  expect(failure.expected).toBe(`SHA-256 ${trainImages.sha256}`);
  expect(failure.found).toMatch(/^SHA-256 [0-9a-f]{64}$/);
});

test.each<[string, Partial<IdxDescriptor>, keyof UserError['failure'], RegExp]>([
  ['another size of images', { height: 27 }, 'expected', /u8 \[n, 27, 28\]/],
  ['too few classes', { classes: ['a', 'b'] }, 'what', /names no class/],
  ['too large a validation split', { validationCount: 50 }, 'expected', /1 to 49/],
])('a descriptor of %s is refused', async (_, changed, field, text) => {
  expect((await failureOf([url(good)], changed))[field]).toMatch(text);
});

test('a folder under the name of a file is told from a file', async () => {
  const folder = await copy('folders');
  const { name } = descriptor.files.trainImages;
  await rm(join(folder, name));
  await mkdir(join(folder, name));
  const failure = await failureOf([url(folder)]);
  expect(failure).toMatchObject({ what: `No mirror has ${name}.`, found: 'a folder' });
});
