import { uniforms } from '@atelier/random';
import { expect, test } from 'vitest';
import { findLikenesses } from './near-duplicates.ts';
import type { Split, SplitName } from './split.ts';

const shape = { height: 18, width: 18, channels: 3 };
const size = 18 * 18 * 3;

/** A smooth picture that depends on a number. */
function picture(seed: number): Uint8Array {
  const [a, b, c] = uniforms(3, seed, 1);
  return Uint8Array.from({ length: size }, (_, i) => {
    const [y, x] = [Math.floor(i / 54), Math.floor(i / 3) % 18];
    return 128 + 60 * Math.sin(x * (0.2 + a!) + 6 * b!) + 60 * Math.sin(y * (0.2 + c!) + (i % 3));
  });
}

/** The same as it comes out of a lossy format: a little brighter, with noise. */
const savedAgain = (image: Uint8Array): Uint8Array => {
  const noise = uniforms(size, 7, 2);
  return image.map((value, i) => Math.min(255, value + 1 + 4 * noise[i]!));
};

const split = (name: SplitName, images: readonly Uint8Array[]): Split => ({
  ...{ name, shape },
  images: Uint8Array.from(images.flatMap((image) => [...image])),
  labels: new Uint8Array(images.length),
  indices: Int32Array.from(images.keys()),
});

const seeds = Array.from({ length: 40 }, (_, seed) => picture(seed));

const likenesses = (splits: readonly Split[]) => [...findLikenesses(splits)];

test('pictures are found that were saved again, and no others', () => {
  const found = likenesses([
    split('train', seeds.slice(0, 20)),
    split('validation', [...seeds.slice(20, 30), savedAgain(seeds[3]!)]),
    split('test', [savedAgain(seeds[25]!), ...seeds.slice(30), savedAgain(seeds[3]!)]),
  ]);
  expect(found).toEqual([
    { split: 'validation', at: 10, earlier: { split: 'train', at: 3 } },
    { split: 'test', at: 0, earlier: { split: 'validation', at: 5 } },
    { split: 'test', at: 11, earlier: { split: 'train', at: 3 } },
  ]);
});

/** A thing on a plain background, as catalogues have them: most of the picture says nothing. */
function onPlain(seed: number): Uint8Array {
  const [top, left, ...colour] = uniforms(5, seed, 3);
  return Uint8Array.from({ length: size }, (_, i) => {
    const [y, x] = [Math.floor(i / 54) - 2 - 8 * top!, (Math.floor(i / 3) % 18) - 2 - 8 * left!];
    return y >= 0 && y < 6 && x >= 0 && x < 6 ? 200 * colour[i % 3]! : 250;
  });
}

test('a plain background, on which noise is all that there is, hides no copy', () => {
  const things = Array.from({ length: 30 }, (_, seed) => onPlain(seed));
  const copies = things.map(savedAgain);
  expect(likenesses([split('train', things), split('test', copies)])).toEqual(
    copies.map((_, at) => ({ split: 'test', at, earlier: { split: 'train', at } })),
  );
});

test.each([
  { height: 1, width: 1, channels: 1 },
  { height: 1, width: 5, channels: 1 },
  { height: 5, width: 11, channels: 3 },
  { height: 30, width: 9, channels: 1 },
])('nothing is missed that comparing every pixel with every other finds: %o', (shape) => {
  const size = shape.height * shape.width * shape.channels;
  // Around the most that pictures may differ by: of some pairs each value moves the same way.
  const images = Array.from({ length: 60 }, (_, seed) => {
    const [base, way, how] = uniforms(3, seed, 5);
    return Uint8Array.from(uniforms(size, 1, 6), (u, i) => {
      const moved = 7 * way! * (how! < 0.5 || i % 2 === 0 ? 1 : -1);
      return 8 + 200 * u + moved + (base! < 0.2 ? 40 : 0);
    });
  });
  const [train, others] = [images.slice(0, 30), images.slice(30)];
  const differ = (a: Uint8Array, b: Uint8Array) =>
    a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / size;
  const expected = others.flatMap((image, at) => {
    const first = train.findIndex((one) => differ(one, image) > 0 && differ(one, image) <= 6);
    return first < 0 ? [] : [{ split: 'test', at, earlier: { split: 'train', at: first } }];
  });
  expect(expected.length).toBeGreaterThan(10);
  expect(
    likenesses([split('train', train), split('test', others)].map((of) => ({ ...of, shape }))),
  ).toEqual(expected);
});

test('of several that it looks like a picture is named with the first', () => {
  const [one, other] = [seeds[0]!, savedAgain(seeds[0]!)];
  const brighter = one.map((value) => value + 2);
  expect(likenesses([split('train', [seeds[1]!, brighter, one]), split('test', [other])])).toEqual([
    { split: 'test', at: 0, earlier: { split: 'train', at: 1 } },
  ]);
});

test('what is equal in every pixel, or only as plain, is not like it', () => {
  const plain = (value: number) => new Uint8Array(size).fill(value);
  expect(
    likenesses([
      split('train', [seeds[0]!, plain(10)]),
      split('validation', []),
      split('test', [seeds[0]!, plain(200)]),
    ]),
  ).toEqual([]);
});
