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
