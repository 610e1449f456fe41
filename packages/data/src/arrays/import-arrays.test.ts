import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@atelier/errors';
import { failureFrom } from '@atelier/errors/testing';
import { encodeSafetensors } from '@atelier/safetensors';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pathsIn } from '../official-sets.ts';
import { prepareDataset } from '../prepare-dataset.ts';
import { readDescriptor } from '../read-descriptor.ts';
import { compareArrays } from './compare-arrays.ts';
import { importArrays } from './import-arrays.ts';

let scratch: string;
let made = 0;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'arrays-'));
});
afterAll(() => rm(scratch, { recursive: true }));

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

async function imported(path: string) {
  const directory = join(scratch, `out ${++made}`);
  await mkdir(directory);
  const format = path.endsWith('.npz') ? ('npz' as const) : ('safetensors' as const);
  const job = { directory, name: 'mine', title: 'Mine', path, format };
  return { ...(await importArrays(job, new AbortController().signal)), directory };
}

/** The splits that a run would make of what was imported. */
async function prepared({ descriptor, directory }: Awaited<ReturnType<typeof imported>>) {
  const path = join(directory, 'mine.json');
  await writeFile(path, JSON.stringify(descriptor));
  const read = await readDescriptor(path);
  return prepareDataset({ descriptor: read, files: pathsIn(directory, read), splitSeed: 1 });
}

/** As the program that made the fixtures fills image i. */
const pixels = (i: number, size: number): number[] =>
  Array.from({ length: size }, (_, at) => (at + i) % 256);

test.each([
  ['keras.npz', 20, ['val_images', 'names'], 'x_train'],
  ['sets.safetensors', 60, ['embedding'], 'train.images'],
])('%s becomes a descriptor, from which splits are made', async (name, size, others, first) => {
  const result = await imported(fixture(name));
  const { descriptor, directory } = result;
  expect(result).toMatchObject({ others, classCounts: { train: [8, 8, 8], test: [2, 2, 2] } });
  expect(descriptor).toMatchObject({
    ...{ classes: ['0', '1', '2'], height: 4, width: 5, counts: { train: 24, test: 6 } },
    arrays: { trainImages: first },
  });
  expect(await readdir(directory)).toEqual([descriptor.files.data.name]);
  const { manifest, splits } = await prepared(result);
  expect(manifest.splits.test.classCounts).toEqual([2, 2, 2]);
  expect(manifest.validationFrom).toBe('train');
  for (const { images, labels, indices } of [splits.train, splits.validation, splits.test])
    for (const [at, i] of indices.entries()) {
      expect([...images.subarray(at * size, (at + 1) * size)]).toEqual(pixels(i, size));
      expect(labels[at]).toBe(i % 3);
    }
});

test('one set is divided by what images hold, so that none changes sides when others come', async () => {
  const sidesOf = async (path: string) => {
    const { splits } = await prepared(await imported(path));
    const sides = new Map<number, string>();
    for (const [side, { images, labels }] of Object.entries(splits))
      for (let at = 0; at < labels.length; at++)
        sides.set(images[at * 60]!, side === 'validation' ? 'train' : side);
    return sides;
  };
  const before = await sidesOf(fixture('one-set.npz'));
  expect(before.size).toBe(24);
  expect(new Set(before.values())).toEqual(new Set(['train', 'test']));
  const more = Uint8Array.from(Array.from({ length: 40 }, (_, i) => pixels(i, 60)).flat());
  const labels = Uint8Array.from({ length: 40 }, (_, i) => i % 3);
  const after = await sidesOf(
    await npzOf({ images: npy('|u1', [40, 4, 5, 3], more), labels: npy('|u1', [40], labels) }),
  );
  for (const [image, side] of before) expect(after.get(image)).toBe(side);
});

test('what has changed in a file is named', async () => {
  const before = (await imported(fixture('keras.npz'))).descriptor;
  expect(compareArrays(before, (await imported(fixture('keras.npz'))).descriptor)).toEqual([]);
  const now = (await imported(fixture('one-set.npz'))).descriptor;
  expect(compareArrays(before, now)).toEqual([
    `SHA-256 ${before.files.data.sha256}, now ${now.files.data.sha256}`,
    `images 24 to learn from and 6 to test with, now ${now.counts!.train} to learn from and ${now.counts!.test} to test with`,
    'images of 4 × 5 pixels, now 4 × 5 pixels in 3 channels',
    'arrays x_train, y_train, x_test, y_test, now images, labels, 0.2',
  ]);
});

test('a descriptor is held against its file', async () => {
  const result = await imported(fixture('keras.npz'));
  const { descriptor } = result;
  const found = async (change: object) =>
    failureFrom(UserError, prepared({ ...result, descriptor: { ...descriptor, ...change } }));
  expect(await found({ counts: { train: 25, test: 6 } })).toMatchObject({
    expected: '25',
    found: '24',
  });
  expect(await found({ height: 5 })).toMatchObject({ found: 'u8 [24, 4, 5]' });
  expect(await found({ classes: ['a', 'b'] })).toMatchObject({
    where: expect.stringMatching(/array y_train, label 2/),
    ...{ expected: '0 to 1', found: '2' },
  });
  const arrays = { ...descriptor.arrays, trainImages: 'images' };
  expect(await found({ arrays })).toMatchObject({ expected: 'images' });
});

/** An array as NumPy writes it. */
function npy(descr: string, shape: number[], data: Uint8Array, order = 'False'): Uint8Array {
  const dimensions = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${dimensions}), }`;
  const padded = `${header.padEnd(117)}\n`;
  const start = Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(padded.length, 0)}`, 'latin1');
  return Buffer.concat([start, Buffer.from(padded), data]);
}

async function fileOf(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(scratch, `${++made}-${name}`);
  await writeFile(path, bytes);
  return path;
}

const npzOf = (arrays: Record<string, Uint8Array>): Promise<string> => {
  const named = Object.entries(arrays).map(([name, array]) => [`${name}.npy`, array]);
  return fileOf('made.npz', zipSync(Object.fromEntries(named)));
};

const zeros = (n: number) => new Uint8Array(n);
const good = {
  x: npy('|u1', [4, 2, 3], Uint8Array.from(pixels(0, 24))),
  y: npy('|u1', [4], Uint8Array.of(0, 1, 0, 1)),
};
const notNpz = 'This is not a valid .npz file.';
const notImages = 'This array does not hold images.';

test.each<[string, Record<string, Uint8Array>, object]>([
  [
    'are in the order of Fortran',
    { ...good, x: npy('|u1', [4, 2, 3], zeros(24), 'True') },
    { what: notImages, remedy: /ascontiguousarray/ },
  ],
  [
    'are objects',
    { ...good, x: npy('|O', [4], zeros(4)) },
    { what: notImages, found: /pickle/, remedy: /never read/ },
  ],
  [
    'are numbers from 0 to 1',
    { ...good, x: npy('<f4', [4, 2, 3], zeros(96)) },
    { found: 'f32 [4, 2, 3]', remedy: /255/ },
  ],
  [
    'have their channels first',
    { ...good, x: npy('|u1', [4, 3, 2, 2], zeros(48)) },
    { remedy: /transpose/ },
  ],
  ['have alpha', { ...good, x: npy('|u1', [4, 2, 2, 4], zeros(64)) }, { remedy: /\[\.\.\., :3\]/ }],
  ['are none', { ...good, x: npy('|u1', [0, 2, 3], zeros(0)) }, { what: notImages }],
  [
    'are wider than a descriptor may say',
    { ...good, x: npy('|u1', [4, 1, 65_536], zeros(4 * 65_536)) },
    { expected: /at most 65535 rows/, found: 'u8 [4, 1, 65536]' },
  ],
  [
    'are fewer than labels',
    { ...good, x: npy('|u1', [3, 2, 3], zeros(18)) },
    { what: /not as many labels/ },
  ],
  [
    'are fewer bytes than the shape says',
    { ...good, x: npy('|u1', [4, 2, 3], zeros(23)) },
    { what: notNpz, expected: /152 bytes/, found: /151/ },
  ],
  [
    'are of a shape beyond all bounds',
    { ...good, x: npy('|u1', [2 ** 40, 2 ** 40, 3], zeros(1)) },
    { what: /valid .npy/ },
  ],
  ['have no header', { ...good, x: zeros(30) }, { what: /valid .npy/, found: /something else/ }],
  [
    'have a header that is a program',
    { ...good, x: npy("u1', **f(), 'x': '", [4, 2, 3], zeros(24)) },
    { what: /valid .npy/ },
  ],
])('a .npz file is refused whose images %s', async (_, arrays, failure) => {
  await expectFailure(await npzOf(arrays), failure);
});

test.each<[string, Record<string, Uint8Array>, object]>([
  [
    'are text',
    { ...good, y: npy('<U1', [4], zeros(16)) },
    { what: /not hold labels/, remedy: /unique/ },
  ],
  [
    'are one-hot',
    { ...good, y: npy('|u1', [4, 2], zeros(8)) },
    { what: /not hold labels/, remedy: /argmax/ },
  ],
  [
    'are negative',
    { ...good, y: npy('|i1', [4], Uint8Array.of(0, 1, 255, 1)) },
    { where: /label 2/, found: '-1' },
  ],
  [
    'are too large',
    { ...good, y: npy('<i8', [4], Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, ...zeros(22))) },
    { where: /label 1/, found: '256' },
  ],
  [
    'leave a class out',
    { ...good, y: npy('|u1', [4], Uint8Array.of(0, 2, 0, 2)) },
    { what: /nothing to learn/, found: /none of 1/ },
  ],
  ['are of one class', { ...good, y: npy('|u1', [4], zeros(4)) }, { what: /one class/ }],
  ['are missing', { x: good.x }, { what: /not clear/, found: 'no labels; x' }],
  [
    'are there twice',
    { ...good, labels: good.y },
    { what: /not clear/, found: /y and labels have the same meaning/ },
  ],
  [
    'are missing for tests',
    { ...good, x_test: good.x },
    { what: /not clear/, found: /no labels for tests/ },
  ],
])('a .npz file is refused whose labels %s', async (_, arrays, failure) => {
  await expectFailure(await npzOf(arrays), failure);
});

test('what is no archive, or claims to hold more than it does, is refused', async () => {
  const whole = await readFile(fixture('keras.npz'));
  await expectFailure(await fileOf('cut.npz', whole.subarray(0, 900)), { what: notNpz });
  await expectFailure(await fileOf('empty.npz', zeros(0)), { what: notNpz });
  await expectFailure(join(scratch, 'none.npz'), { what: /does not exist/ });
  // A size in the directory of the archive, of 600 bytes: what these could never stand for.
  const bomb = Buffer.from(whole);
  const entry = bomb.indexOf('PK\x01\x02', 'latin1');
  bomb.writeUInt32LE(2 ** 32 - 2, entry + 24);
  await expectFailure(await fileOf('bomb.npz', bomb), {
    what: notNpz,
    found: `${2 ** 32 - 2} bytes`,
  });
  // An entry that begins where the archive ends.
  const outside = Buffer.from(whole);
  outside.writeUInt32LE(whole.length - 5, entry + 42);
  await expectFailure(await fileOf('outside.npz', outside), { what: notNpz });
  // And one that holds more than it says.
  const header = npy('|u1', [4, 2, 3], zeros(0));
  const longer = Buffer.from(
    zipSync({ 'x.npy': Buffer.concat([header, zeros(9_000)]), 'y.npy': good.y }),
  );
  longer.writeUInt32LE(header.length + 24, longer.indexOf('PK\x01\x02', 'latin1') + 24);
  await expectFailure(await fileOf('longer.npz', longer), {
    what: notNpz,
    found: /too many bytes/,
  });
});

test('a safetensors file is refused whose tensors are something else', async () => {
  const tensors = {
    images: { dtype: 'F32' as const, shape: [1, 1, 1], data: Float32Array.of(0) },
    labels: { dtype: 'U8' as const, shape: [1], data: zeros(1) },
  };
  const bytes = encodeSafetensors({ tensors, metadata: {} });
  await expectFailure(await fileOf('f.safetensors', bytes), { found: 'f32 [1, 1, 1]' });
  await expectFailure(await fileOf('g.safetensors', bytes.subarray(1)), { what: /safetensors/ });
});

/** It is refused in these words, and leaves nothing behind. */
async function expectFailure(path: string, failure: object): Promise<void> {
  const found = await failureFrom(UserError, imported(path));
  for (const [part, text] of Object.entries(failure))
    expect(found[part as 'what'], part).toMatch(text);
  expect(`${found.where}`).toContain(path.split('/').at(-1));
  expect(await readdir(join(scratch, `out ${made}`))).toEqual([]);
}
