import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { UserError, WorldError } from '@atelier/errors';
import { failureFrom } from '@atelier/errors/testing';
import { hashedFile } from '@atelier/files';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DatasetDescriptor } from './descriptor.ts';
import { pathsIn } from './official-sets.ts';
import { type PrepareOptions, prepareDataset, prepareSplits } from './prepare-dataset.ts';
import { readDescriptor } from './read-descriptor.ts';
import { readSplit, type StreamedSplit } from './read-split.ts';
import { decodeSplit } from './split.ts';
import { syntheticDataset } from './synthetic-dataset.ts';
import { writeSplits } from './write-splits.ts';

let directory: string;
let options: PrepareOptions;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'large-'));
  const path = await syntheticDataset({
    ...{ directory, train: 300, test: 40, height: 8, width: 8, channels: 3 },
  });
  const { validationCount: _, ...descriptor } = await readDescriptor(path);
  options = {
    descriptor: { ...descriptor, validation: { fraction: 0.2 } },
    ...{ files: pathsIn(directory, descriptor), splitSeed: 3, gateCount: 10, directory },
  };
});
afterAll(() => rm(directory, { recursive: true }));

const size = 8 * 8 * 3;
/** The training set is too large to be held, the test set is not. */
const mostHeld = 100 * size;

/** Written in shards of 70 images. */
async function written(of: PrepareOptions, folder: string) {
  await mkdir(join(directory, folder));
  const { manifest, splits } = await prepareSplits({ ...of, mostHeld });
  return { manifest, files: await writeSplits(splits, join(directory, folder), 70 * size) };
}

test('what is too large to be held gives the same manifest, and its splits in shards', async () => {
  const expected = await prepareDataset(options);
  const { manifest, files } = await written(options, 'gz');
  expect(JSON.stringify(manifest)).toBe(JSON.stringify(expected.manifest));
  for (const name of ['validation', 'gate', 'test'] as const) {
    const { path } = files[name]!;
    expect(decodeSplit(await readFile(path), path)).toEqual(expected.splits[name]);
  }
  expect(files.train.shards).toHaveLength(4);
  const { read, close, ...head } = (await readSplit(files.train)) as StreamedSplit;
  const { images, ...rest } = expected.splits.train;
  expect(head).toEqual(rest);
  // In any order, and some twice.
  const positions = Int32Array.from({ length: 500 }, (_, i) => (i * 77) % 240);
  const into = new Uint8Array(new SharedArrayBuffer(500 * size));
  await read(positions, into);
  const sought = Array.from(positions, (i) => images.subarray(i * size, (i + 1) * size));
  expect(Buffer.compare(into, Buffer.concat(sought))).toBe(0);
  await close();
});

test('a file that is not compressed is read where it lies', async () => {
  const folder = join(directory, 'plain');
  await mkdir(folder);
  const files: Record<string, { name: string; bytes: number; sha256: string }> = {};
  for (const [role, { name }] of Object.entries(options.descriptor.files)) {
    const bytes = gunzipSync(await readFile(join(directory, name)));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    files[role] = { name: name.replace('.gz', ''), bytes: bytes.length, sha256 };
    await writeFile(join(folder, files[role].name), bytes);
  }
  const descriptor = { ...options.descriptor, files } as DatasetDescriptor;
  const plain = { ...options, descriptor, files: pathsIn(folder, descriptor) };
  const { manifest, files: found } = await written(plain, 'raw');
  const { sources: _, ...expected } = (await prepareDataset(options)).manifest;
  expect(manifest).toMatchObject(expected);
  for (const [i, shard] of found.train.shards!.entries())
    expect(await readFile(shard)).toEqual(
      await readFile(join(directory, `gz/train.000${i + 1}.safetensors`)),
    );

  const { splits } = await prepareSplits({ ...plain, mostHeld });
  const part = () => ('images' in splits.train ? undefined : splits.train.part(0, 2));
  expect(part()).toMatchObject({ name: 'train' });
  const name = files.trainImages!.name;
  await overwrite(join(folder, name), 16);
  expect(part).toThrow(
    expect.objectContaining({
      name: 'WorldError',
      failure: expect.objectContaining({ where: join(folder, name) }),
    }),
  );
  await overwrite(join(folder, name), 16);

  const longer = { ...files.trainImages!, bytes: files.trainImages!.bytes + 1 };
  await writeFile(join(folder, longer.name), Buffer.alloc(1), { flag: 'a' });
  longer.sha256 = createHash('sha256')
    .update(await readFile(join(folder, longer.name)))
    .digest('hex');
  const wrong = { ...descriptor, files: { ...files, trainImages: longer } } as DatasetDescriptor;
  const failure = await failureFrom(
    UserError,
    prepareSplits({ ...plain, descriptor: wrong, mostHeld }),
  );
  expect(failure.found).toBe(`${longer.bytes} bytes`);
});

test('a split in one file is read only as it was when it was checked', async () => {
  const { files } = await written(options, 'checked');
  const { path } = files.test;
  const { stamp } = await hashedFile(path);
  expect(await readSplit({ path, stamps: { [path]: stamp } })).toEqual(await readSplit({ path }));
  await overwrite(path, -1);
  const failure = await failureFrom(WorldError, readSplit({ path, stamps: { [path]: stamp } }));
  expect(failure.where).toBe(path);
});

/** Turns one bit over; another time gives the file as it was. @param at from the end, if below 0 */
async function overwrite(path: string, at: number): Promise<void> {
  // Until the file system's clock, which ticks every few milliseconds, shows another time.
  await new Promise((resolve) => setTimeout(resolve, 30));
  const file = await open(path, 'r+');
  const { size } = await file.stat();
  const place = at < 0 ? size + at : at;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, place);
  await file.write(Uint8Array.of(buffer[0]! ^ 1), 0, 1, place);
  await file.close();
}

test('where splits cannot be written the first failure is the answer, and no other is left unheard', async () => {
  const { splits } = await prepareSplits({ ...options, mostHeld });
  const file = join(directory, 'no-folder');
  await writeFile(file, '');
  const failing = writeSplits(splits, file, 70 * size);
  await expect(failing).rejects.toThrow(/no-folder/);
});

test('shards of another split, and one too few, are refused', async () => {
  const { files } = await written(options, 'mixed');
  const [first, second, ...others] = files.train.shards!;
  const refusal = (shards: string[]) =>
    failureFrom(UserError, readSplit({ path: files.train.path, shards }));
  expect((await refusal([first!, second!])).found).toBe('2');
  expect((await refusal([first!, files.validation.path, ...others])).where).toBe(
    files.validation.path,
  );
  await truncate(first!, 100);
  expect((await refusal([first!, second!, ...others])).where).toContain(first);
  const head = await readFile(files.train.path);
  expect(() => decodeSplit(head, 'head')).toThrow(/the head of a split in 4 shards/);
});
