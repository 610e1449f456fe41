import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { filesOf } from './descriptor.ts';
import { imageSize } from './image-shape.ts';
import { pathsIn } from './official-sets.ts';
import { prepareDataset } from './prepare-dataset.ts';
import { readDescriptor } from './read-descriptor.ts';
import type { Split } from './split.ts';
import { syntheticDataset } from './synthetic-dataset.ts';

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'synthetic-'));
});
afterAll(() => rm(root, { recursive: true }));

async function make(folder: string, seed: number) {
  const directory = join(root, folder);
  const descriptor = await readDescriptor(await syntheticDataset({ directory, seed }));
  return { descriptor, files: pathsIn(directory, descriptor) };
}

test('equal seeds give equal files, different seeds different ones', async () => {
  const [a, b, c] = [await make('a', 1), await make('b', 1), await make('c', 2)];
  expect(a.descriptor.files).toEqual(b.descriptor.files);
  for (const [i, [role, file]] of filesOf(a.descriptor).entries()) {
    expect(await readFile(a.files[role]!)).toEqual(await readFile(b.files[role]!));
    expect(file.sha256).not.toBe(filesOf(c.descriptor)[i]![1].sha256);
  }
});

test('classes are balanced, images differ, and class means tell the classes apart', async () => {
  const { manifest, splits } = await prepareDataset({ ...(await make('d', 3)), splitSeed: 0 });
  expect(manifest.splits.train.classCounts).toEqual(new Array(10).fill(60));
  expect(manifest.splits.validation.classCounts).toEqual(new Array(10).fill(10));
  expect(manifest.contract.duplicates.groups).toBe(0);
  expect(nearestMeanAccuracy(splits.train, splits.test, 10)).toBeGreaterThan(0.9);
});

function nearestMeanAccuracy(train: Split, test: Split, classes: number): number {
  const size = imageSize(train.shape);
  const means = Array.from({ length: classes }, () => new Float64Array(size));
  const counts = new Float64Array(classes);
  for (const label of train.labels) counts[label]! += 1;
  train.images.forEach((pixel, i) => {
    const label = train.labels[Math.floor(i / size)]!;
    means[label]![i % size]! += pixel / counts[label]!;
  });
  const distance = (image: Uint8Array, mean: Float64Array): number =>
    image.reduce((sum, pixel, p) => sum + (pixel - mean[p]!) ** 2, 0);
  const correct = Array.from(test.labels).filter((label, i) => {
    const image = test.images.subarray(i * size, (i + 1) * size);
    const distances = means.map((mean) => distance(image, mean));
    return distances.indexOf(Math.min(...distances)) === label;
  });
  return correct.length / test.labels.length;
}
