import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@atelier/errors';
import { failureFrom } from '@atelier/errors/testing';
import { encodeSafetensors } from '@atelier/safetensors';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pathsIn } from '../official-sets.ts';
import { prepareDataset, prepareSplits } from '../prepare-dataset.ts';
import { readDescriptor } from '../read-descriptor.ts';
import { decodeSplit } from '../split.ts';
import { writeSplits } from '../write-splits.ts';
import { importArrays } from './import-arrays.ts';

let scratch: string;
let made = 0;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'large-arrays-'));
});
afterAll(() => rm(scratch, { recursive: true }));

const [height, width, size] = [6, 5, 30];
/** More than labels take, and less than the images of a training set. */
const mostHeld = 40 * size;

const imagesOf = (n: number, from: number): Uint8Array =>
  Uint8Array.from(
    { length: n * size },
    (_, at) => ((at * 7) ^ (Math.floor(at / size) + from)) % 256,
  );
const labelsOf = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => i % 3);

const sets = {
  x_train: imagesOf(150, 0),
  y_train: labelsOf(150),
  x_test: imagesOf(60, 150),
  y_test: labelsOf(60),
};
const oneSet = { images: imagesOf(210, 0), labels: labelsOf(210) };

function npy(data: Uint8Array, isImages: boolean): Uint8Array {
  const shape = isImages ? `(${data.length / size}, ${height}, ${width})` : `(${data.length},)`;
  const header = `{'descr': '|u1', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
  return Buffer.concat([Buffer.from(`\x93NUMPY\x01\x00\x76\x00${header}\n`, 'latin1'), data]);
}

const isImages = (name: string): boolean => /^[xi]/.test(name);

const npzOf = (arrays: Record<string, Uint8Array>, level: 0 | 6): Uint8Array =>
  zipSync(
    Object.fromEntries(
      Object.entries(arrays).map(([name, data]) => [`${name}.npy`, npy(data, isImages(name))]),
    ),
    { level },
  );

const tensorsOf = (arrays: Record<string, Uint8Array>): Uint8Array =>
  encodeSafetensors({
    tensors: Object.fromEntries(
      Object.entries(arrays).map(([name, data]) => {
        const shape = isImages(name) ? [data.length / size, height, width] : [data.length];
        return [name, { dtype: 'U8' as const, shape, data }];
      }),
    ),
    metadata: {},
  });

async function imported(bytes: Uint8Array, format: 'npz' | 'safetensors', held?: number) {
  const directory = join(scratch, `${++made}`);
  await mkdir(directory);
  const path = join(scratch, `${made}.${format}`);
  await writeFile(path, bytes);
  const job = { directory, name: 'mine', title: 'Mine', path, format };
  return { ...(await importArrays(job, new AbortController().signal, held)), directory };
}

async function optionsOf({ descriptor, directory }: Awaited<ReturnType<typeof imported>>) {
  const path = join(directory, 'mine.json');
  await writeFile(path, JSON.stringify(descriptor));
  const read = await readDescriptor(path);
  return { descriptor: read, files: pathsIn(directory, read), splitSeed: 1, directory };
}

test.each<[string, Uint8Array, 'npz' | 'safetensors', number]>([
  ['tensors of two sets', tensorsOf(sets), 'safetensors', 0],
  ['tensors of one set', tensorsOf(oneSet), 'safetensors', 0],
  ['stored arrays of two sets', npzOf(sets, 0), 'npz', 0],
  ['stored arrays of one set', npzOf(oneSet, 0), 'npz', 0],
  ['compressed arrays of two sets', npzOf(sets, 6), 'npz', 2],
  ['compressed arrays of one set', npzOf(oneSet, 6), 'npz', 1],
])(
  '%s that are too large to be held give the same splits, in shards',
  async (_, bytes, format, unpacked) => {
    const whole = await imported(bytes, format);
    const inParts = await imported(bytes, format, mostHeld);
    const { directory } = inParts;
    expect(inParts).toEqual({ ...whole, directory });
    expect(await readdir(directory)).toEqual([whole.descriptor.files.data.name]);

    const expected = await prepareDataset(await optionsOf(whole));
    const { manifest, splits } = await prepareSplits({ ...(await optionsOf(inParts)), mostHeld });
    expect(JSON.stringify(manifest)).toBe(JSON.stringify(expected.manifest));
    expect((await readdir(directory)).filter((name) => /unpacked/.test(name))).toHaveLength(
      unpacked,
    );
    const files = await writeSplits(splits, directory, 50 * size);
    expect(files.train.shards!.length).toBeGreaterThan(2);
    for (const name of ['train', 'validation', 'test'] as const) {
      const { path, shards = [path] } = files[name];
      const parts = await Promise.all(
        shards.map(async (shard) => decodeSplit(await readFile(shard), shard)),
      );
      const { images, labels, indices } = expected.splits[name];
      expect(Buffer.concat(parts.map((part) => part.images)).equals(images)).toBe(true);
      expect(parts.flatMap((part) => [...part.labels])).toEqual([...labels]);
      expect(parts.flatMap((part) => [...part.indices])).toEqual([...indices]);
    }
  },
);

test('what is broken in an array that is not held is found when it is imported', async () => {
  const bytes = Buffer.from(npzOf(sets, 0));
  // Of the images of the test set, in the place that no header describes.
  bytes[bytes.indexOf(Buffer.from(sets.x_test.subarray(0, 60))) + 50]! ^= 1;
  const failure = await failureFrom(UserError, imported(bytes, 'npz', mostHeld));
  expect(failure).toMatchObject({
    what: 'This is not a valid .npz file.',
    where: expect.stringMatching(/array x_test$/),
    expected: expect.stringMatching(/^CRC-32 /),
  });
  expect(await readdir(join(scratch, `${made}`))).toEqual([]);
  const cut = tensorsOf(sets).subarray(0, 5_000);
  const refused = await failureFrom(UserError, imported(cut, 'safetensors', mostHeld));
  expect(refused.what).toMatch(/safetensors/);
});

test('an array that takes a zip64 entry is read', async () => {
  const path = new URL('../fixtures/zip64.npz', import.meta.url);
  const { descriptor, classCounts } = await imported(await readFile(path), 'npz', 100);
  expect(descriptor).toMatchObject({ height: 4, width: 5, counts: { train: 24, test: 6 } });
  expect(classCounts.train).toEqual([8, 8, 8]);
});
