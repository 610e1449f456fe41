import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BlobRef, blobKey } from '@atelier/artifacts';
import { memoryObjects } from '@atelier/artifacts/testing';
import { encodeShardedSplit, encodeSplit, readSplit as readFiles, type Split } from '@atelier/data';
import type { PreparedDataset } from '@atelier/data/prepared-dataset';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStoreOn } from '../../run-store.ts';
import { openBlobFiles } from '../../stage-activity/blob-files.ts';
import { checkSplits } from './check-record.ts';
import { fetchSplit, openSplit, splitFiles } from './stored-splits.ts';

const split: Split = {
  name: 'train',
  shape: { height: 1, width: 2, channels: 1 },
  images: Uint8Array.from({ length: 10 }, (_, i) => i),
  labels: Uint8Array.of(0, 1, 0, 1, 0),
  indices: Int32Array.of(0, 1, 2, 3, 4),
};
const manifest = {
  ...{ height: 1, width: 2 },
  splits: { train: { count: 5, classCounts: [3, 2] } },
} as PreparedDataset;

const objects = memoryObjects();
const store = openStoreOn(objects);
let directory: string;
let head: BlobRef;
const shards: (BlobRef & { count: number })[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stored-splits-'));
  for (const [from, to] of [
    [0, 2],
    [2, 4],
    [4, 5],
  ] as const) {
    const part = {
      ...{ name: split.name, shape: split.shape, images: split.images.slice(2 * from, 2 * to) },
      labels: split.labels.slice(from, to),
      indices: split.indices.slice(from, to),
    };
    shards.push({ ...(await store.putBlob(encodeSplit(part))), count: to - from });
  }
  head = await store.putBlob(encodeShardedSplit(split, shards));
});
afterAll(() => rm(directory, { recursive: true }));

const refs = () => shards.map(({ sha256, bytes }) => ({ sha256, bytes }));

test('a split in shards gives what one in one file does, and no shard is read that is not needed', async () => {
  const whole = await store.putBlob(encodeSplit(split));
  const { images, ...rest } = split;
  for (const ref of [whole, head]) {
    const { read, parts, ...found } = await openSplit(store, ref, 'it');
    expect(found).toEqual(rest);
    expect([...(await read(Int32Array.of(4, 0, 3, 0)))]).toEqual([8, 9, 0, 1, 6, 7, 0, 1]);
    const all: number[] = [];
    for await (const part of parts()) all.push(...part.images);
    expect(all).toEqual([...images]);
  }
  const [first] = refs() as [BlobRef];
  const { content } = objects.held.get(blobKey(first))!;
  objects.held.delete(blobKey(first));
  const { read, parts } = await openSplit(store, head, 'it');
  expect([...(await read(Int32Array.of(2, 4)))]).toEqual([4, 5, 8, 9]);
  expect(await read(new Int32Array())).toHaveLength(0);
  await expect(read(Int32Array.of(2, 1))).rejects.toMatchObject({ ref: first });
  await expect(parts()[Symbol.asyncIterator]().next()).rejects.toMatchObject({ ref: first });
  objects.seed(blobKey(first), content);
});

test('more bytes than a split can have are not read, and no shard of another split', async () => {
  await expect(openSplit(store, head, 'it', 100)).rejects.toThrow(/too many/);
  const to = { directory, atMost: 100 };
  await expect(fetchSplit(store, head, 'it', to)).rejects.toThrow(/too many/);
  const [first, ...others] = shards;
  const mixed = [{ ...first!, count: 3 }, { ...others[0]!, count: 1 }, others[1]!];
  const wrong = await store.putBlob(encodeShardedSplit(split, mixed));
  const { read } = await openSplit(store, wrong, 'it');
  await expect(read(Int32Array.of(2))).rejects.toThrow(/a shard of it/);
});

test('a split in shards is fetched to a folder whole', async () => {
  const whole = await store.putBlob(encodeSplit(split));
  const to = { directory, atMost: 10_000 };
  const { path, shards: paths } = await fetchSplit(store, head, 'it', to);
  expect(paths).toHaveLength(3);
  const streamed = await readFiles({ path, shards: paths });
  if ('images' in streamed) throw new Error('it is not streamed');
  const into = new Uint8Array(new SharedArrayBuffer(10));
  await streamed.read(split.indices, into);
  await streamed.close();
  expect([...into]).toEqual([...split.images]);
  expect(await readFiles(await fetchSplit(store, whole, 'it', to))).toEqual(split);
  const files = openBlobFiles(store, directory);
  expect((await splitFiles(files, whole)).shards).toBeUndefined();
});

test('a local shard that was cut short or is another is fetched again', async () => {
  const files = openBlobFiles(store, directory);
  const found = await splitFiles(files, head);
  await truncate(found.shards![1]!, 20);
  await rm(found.shards![2]!);
  const again = await readFiles(await splitFiles(files, head));
  if ('images' in again) throw new Error('it is not streamed');
  const into = new Uint8Array(new SharedArrayBuffer(6));
  await again.read(Int32Array.of(4, 0, 2), into);
  await again.close();
  expect([...into]).toEqual([8, 9, 0, 1, 4, 5]);
});

test('a check tells the shards, and of one that is missing or of another size', async () => {
  expect(await checkSplits(store, manifest, { train: head })).toEqual(refs());
  const [first] = refs() as [BlobRef];
  const held = objects.held.get(blobKey(first))!;
  const check = () => checkSplits(store, manifest, { train: head });
  objects.seed(blobKey(first), held.content.subarray(1));
  await expect(check()).rejects.toMatchObject({ ref: first, fault: 'damaged' });
  objects.held.delete(blobKey(first));
  await expect(check()).rejects.toMatchObject({ ref: first, fault: 'missing' });
});
