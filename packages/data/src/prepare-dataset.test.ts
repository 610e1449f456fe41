import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { UserError } from '@atelier/errors';
import { failureFrom } from '@atelier/errors/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { datasetFacts } from './compare-datasets.ts';
import { encodeIdx, type IdxDescriptor } from './formats/idx.ts';
import { prepareDataset } from './prepare-dataset.ts';
import { decodeMembership, preparedDatasetSchema } from './prepared-dataset.ts';

// Not Buffers, whose slice() shares memory instead of copying.
const gz = (idx: Uint8Array) => new Uint8Array(gzipSync(idx));

type Role = keyof IdxDescriptor['files'];

/** Six training and eight test images of 2 x 2 pixels, two classes. */
const pixels = (count: number, first: number) =>
  Uint8Array.from({ length: 4 * count }, (_, i) => first + i);
const good: Record<Role, Uint8Array> = {
  trainImages: gz(encodeIdx([6, 2, 2], pixels(6, 0))),
  trainLabels: gz(encodeIdx([6], Uint8Array.of(0, 1, 0, 1, 0, 1))),
  testImages: gz(encodeIdx([8, 2, 2], pixels(8, 100))),
  testLabels: gz(encodeIdx([8], Uint8Array.of(0, 0, 1, 1, 0, 1, 0, 1))),
};

let directory: string;
let made = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'prepare-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Writes the files, some replaced, with a descriptor that fits their bytes. */
async function dataset(replaced: Partial<Record<Role, Uint8Array>> = {}) {
  const prefix = `${++made}-`;
  const paths: Partial<Record<Role, string>> = {};
  const described: Partial<IdxDescriptor['files']> = {};
  for (const role of Object.keys(good) as Role[]) {
    const bytes = replaced[role] ?? good[role];
    const name = `${prefix}${role}.gz`;
    paths[role] = join(directory, name);
    await writeFile(paths[role], bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    described[role] = { name, bytes: bytes.length, sha256 };
  }
  const descriptor: IdxDescriptor = {
    schemaVersion: 1,
    name: 'tiny',
    title: 'Tiny',
    classes: ['shoe', 'bag'],
    height: 2,
    width: 2,
    source: '',
    licence: 'MIT',
    mirrors: [],
    files: described as IdxDescriptor['files'],
    validationCount: 4,
  };
  return { descriptor, files: paths as Record<Role, string>, splitSeed: 5 };
}

const failureOf = (options: Parameters<typeof prepareDataset>[0]) =>
  failureFrom(UserError, prepareDataset(options));

test('splits hold the right images, labels and positions, and the manifest describes them', async () => {
  const options = await dataset();
  const { manifest, splits } = await prepareDataset(options);
  expect(preparedDatasetSchema.parse(manifest)).toEqual(manifest);
  expect(splits.train.images).toEqual(pixels(6, 0));
  expect([...splits.train.indices]).toEqual([0, 1, 2, 3, 4, 5]);
  for (const split of [splits.validation, splits.test]) {
    expect(split.labels).toHaveLength(4);
    split.indices.forEach((position, i) => {
      expect([...split.images.subarray(4 * i, 4 * i + 4)]).toEqual(
        [0, 1, 2, 3].map((p) => 100 + 4 * position + p),
      );
      expect(split.labels[i]).toBe([0, 0, 1, 1, 0, 1, 0, 1][position]);
    });
  }
  expect(decodeMembership(manifest.validationMembers)).toEqual(splits.validation.indices);
  expect(manifest.splits).toEqual({
    train: { count: 6, classCounts: [3, 3] },
    validation: { count: 4, classCounts: [2, 2] },
    test: { count: 4, classCounts: [2, 2] },
  });
  // Pixels 0 to 23: mean 11.5, variance (24 ** 2 - 1) / 12.
  expect(manifest.normalisation.mean).toBeCloseTo(11.5 / 255, 15);
  expect(manifest.normalisation.std).toBeCloseTo(Math.sqrt(575 / 12) / 255, 15);
  expect(manifest.sources).toEqual(options.descriptor.files);
});

test('a gate split is a part of validation, and leaves train, test and the facts of the data alone', async () => {
  const options = await dataset();
  const before = await prepareDataset(options);
  const { manifest, splits } = await prepareDataset({ ...options, gateCount: 2 });
  expect(preparedDatasetSchema.parse(manifest)).toEqual(manifest);
  expect([splits.train, splits.test]).toEqual([before.splits.train, before.splits.test]);
  const { gate, validation } = splits;
  expect([...gate!.indices, ...validation.indices].sort()).toEqual([
    ...before.splits.validation.indices,
  ]);
  expect(manifest.splits.gate).toEqual({ count: 2, classCounts: [1, 1] });
  expect(decodeMembership(manifest.gateMembers!)).toEqual(gate!.indices);
  expect(decodeMembership(manifest.validationMembers)).toEqual(validation.indices);
  expect(manifest.contract.duplicates.across).toMatchObject({ trainGate: 0, gateTest: 0 });
  expect(datasetFacts(manifest)).toEqual(datasetFacts(before.manifest));
  const refused = await failureOf({ ...options, gateCount: 4 });
  expect(refused).toMatchObject({
    where: 'gateCount',
    expected: expect.stringContaining('1 to 3'),
  });
});

test('files need not be compressed', async () => {
  const plain = await dataset({ trainImages: encodeIdx([6, 2, 2], pixels(6, 0)) });
  const { splits } = await prepareDataset(plain);
  expect(splits.train.images).toEqual(pixels(6, 0));
});

test('a missing file is named', async () => {
  const options = await dataset();
  await rm(options.files.testLabels);
  expect(await failureOf(options)).toMatchObject({
    what: expect.stringContaining('does not exist'),
    where: options.files.testLabels,
  });
});

test('a file of another size or SHA-256 is refused', async () => {
  const options = await dataset();
  const { testImages } = options.descriptor.files;
  await writeFile(options.files.testImages, good.testImages.subarray(1));
  expect(await failureOf(options)).toMatchObject({
    where: options.files.testImages,
    expected: `${testImages.bytes} bytes`,
    found: `${testImages.bytes - 1} bytes`,
  });
  const flipped = good.testImages.slice();
  flipped[20]! ^= 1;
  await writeFile(options.files.testImages, flipped);
  const failure = await failureOf(options);
  expect(failure.expected).toBe(`SHA-256 ${testImages.sha256}`);
  expect(failure.found).toMatch(/^SHA-256 [0-9a-f]{64}$/);
  expect(failure.found).not.toBe(failure.expected);
});

test('a truncated gzip file is called that, wherever it ends', async () => {
  for (const length of [10, 11, 20, good.testImages.length - 1]) {
    const failure = await failureOf(
      await dataset({ testImages: good.testImages.subarray(0, length) }),
    );
    expect(failure.what).toBe('This gzip file is truncated.');
    expect(failure.found).toContain(`after ${length} bytes`);
  }
});

test('a gzip file that holds more than it announces is not decompressed further', async () => {
  const bomb = gz(Buffer.concat([encodeIdx([6, 2, 2], pixels(6, 0)), Buffer.alloc(20_000_000)]));
  const failure = await failureOf(await dataset({ trainImages: bomb }));
  expect(failure.what).toBe('This gzip file holds too much.');
  expect(failure.expected).toContain('40 bytes');
});

test('what a file announces is held against the descriptor and the labels before it is read', async () => {
  // 4 billion images, of which there is none after the header.
  const many = encodeIdx([6, 2, 2], pixels(6, 0)).fill(0xff, 4, 8).subarray(0, 16);
  const failures = await Promise.all(
    [
      { trainImages: gz(encodeIdx([6, 2, 2], pixels(6, 0)).fill(0xff, 4, 16)) },
      { trainImages: gz(many) },
      { trainImages: gz(many), trainLabels: gz(encodeIdx([6], new Uint8Array()).fill(0xff, 4)) },
      {
        trainLabels: labels(0, 1, 0, 7, 0, 1),
        trainImages: gz(encodeIdx([6, 2, 2], pixels(1, 0))),
      },
    ].map(async (replaced) => failureOf(await dataset(replaced))),
  );
  expect(failures).toMatchObject([
    { expected: 'u8 [n, 2, 2]', found: expect.stringContaining('4294967295') },
    { expected: '4294967295 labels, one for each image', found: '6 labels' },
    {
      what: 'This gzip file holds too much.',
      expected: expect.stringMatching(/^at most \d{5} bytes/),
    },
    // The labels are read before the images, which are too few here.
    { where: expect.stringContaining('label 3') },
  ]);
});

/** A gzip member (RFC 1952) with optional parts of the header that gzipSync does not write. */
function member(
  content: Uint8Array,
  { extra = 0, name = 0, comment = 0, crc = false }: Record<string, number | boolean> = {},
): Uint8Array {
  const plain = gz(content);
  const text = (length: number | boolean) => Buffer.from(`${'n'.repeat(Number(length))}\0`);
  const flags = (crc ? 2 : 0) | (extra ? 4 : 0) | (name ? 8 : 0) | (comment ? 16 : 0);
  const size = Buffer.alloc(2);
  size.writeUInt16LE(Number(extra));
  const header = Buffer.concat([
    Buffer.of(0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3),
    ...(extra ? [size, Buffer.alloc(Number(extra), 7)] : []),
    ...(name ? [text(name)] : []),
    ...(comment ? [text(comment)] : []),
  ]);
  // The CRC-32 of the header, which gzip's own trailer has of the content.
  const check = gzipSync(header).subarray(-8, -6);
  return new Uint8Array(Buffer.concat([header, ...(crc ? [check] : []), plain.subarray(10)]));
}

test.each<[string, (idx: Uint8Array) => Uint8Array]>([
  ['a long name', (idx) => member(idx, { name: 3000 })],
  ['a very long comment', (idx) => member(idx, { comment: 2_000_000 })],
  ['the largest extra field', (idx) => member(idx, { extra: 65_535 })],
  ['a CRC of its header', (idx) => member(idx, { crc: true, name: 20 })],
  ['all of them', (idx) => member(idx, { extra: 500, name: 5000, comment: 9000, crc: true })],
  [
    'several members, the first within the header of IDX',
    (idx) =>
      Buffer.concat([
        member(idx.subarray(0, 5), { name: 3000 }),
        member(idx.subarray(5, 30)),
        member(idx.subarray(30)),
      ]),
  ],
  ['an empty first member', (idx) => Buffer.concat([member(new Uint8Array()), member(idx)])],
])('a gzip file with %s is read', async (_, compress) => {
  const file = compress(encodeIdx([6, 2, 2], pixels(6, 0)));
  const { splits } = await prepareDataset(await dataset({ trainImages: file }));
  expect(splits.train.images).toEqual(pixels(6, 0));
});

test('a gzip file of much else than IDX is refused by how it begins', async () => {
  const failure = await failureOf(
    await dataset({ trainImages: gz(new Uint8Array(50_000_000).fill(60)) }),
  );
  expect(failure.expected).toContain('magic number');
  expect(failure.found).toContain('3c 3c 3c 3c');
});

test('a gzip file with any bit flipped is refused, or still holds the same', async () => {
  const bits = fc.nat(good.testLabels.length * 8 - 1);
  await fc.assert(
    fc.asyncProperty(bits, async (bit) => {
      const flipped = good.testLabels.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const options = await dataset({ testLabels: flipped });
      const outcome = await prepareDataset(options).catch((thrown: unknown) => thrown);
      // Bits of the gzip header (time, operating system) carry no data.
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(UserError);
      else expect(outcome).toMatchObject({ splits: { test: { labels: { length: 4 } } } });
    }),
    { numRuns: 60, seed: 1 },
  );
});

const labels = (...values: number[]) => gz(encodeIdx([values.length], Uint8Array.from(values)));

test.each<[string, Partial<Record<Role, Uint8Array>>, string, string, RegExp]>([
  [
    'a wrong magic number',
    { trainImages: gz(Uint8Array.of(0, 1, 8, 3)) },
    'trainImages',
    'magic',
    /00 01 08 03/,
  ],
  ['no IDX at all', { trainLabels: Buffer.from('<html>') }, 'trainLabels', 'magic', /3c 68 74 6d/],
  [
    'labels where images belong',
    { trainImages: good.trainLabels },
    'trainImages',
    'u8 [n, 2, 2]',
    /u8 \[6\]/,
  ],
  [
    'images where labels belong',
    { testLabels: good.testImages },
    'testLabels',
    'u8 [n]',
    /u8 \[8, 2, 2\]/,
  ],
  [
    'images of another size',
    { testImages: gz(encodeIdx([8, 4, 1], pixels(8, 0))) },
    'testImages',
    'u8 [n, 2, 2]',
    /u8 \[8, 4, 1\]/,
  ],
  [
    'fewer labels than images',
    { trainLabels: labels(0, 1, 0, 1, 0) },
    'trainLabels',
    '6 labels',
    /5 labels/,
  ],
  [
    'a label that names no class',
    { testLabels: labels(0, 1, 0, 2, 0, 1, 0, 1) },
    'testLabels',
    '0 to 1',
    /^2$/,
  ],
])('%s is refused', async (_, replaced, role, expected, found) => {
  const failure = await failureOf(await dataset(replaced));
  expect(failure.where).toContain(role);
  expect(failure.expected).toContain(expected);
  expect(failure.found).toMatch(found);
});

test('the position of a wrong label is told', async () => {
  const failure = await failureOf(await dataset({ trainLabels: labels(0, 1, 0, 7, 9, 1) }));
  expect(failure.where).toContain('label 3');
  expect(failure.found).toBe('7');
});

test('a validation split as large as the test set is refused', async () => {
  const options = await dataset();
  const failure = await failureOf({
    ...options,
    descriptor: { ...options.descriptor, validationCount: 8 },
  });
  expect(failure.where).toContain('validationCount');
});

test('an aborted preparation ends with the reason of the abort', async () => {
  const options = await dataset();
  const reason = new Error('stop');
  await expect(prepareDataset({ ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(
    reason,
  );
});
