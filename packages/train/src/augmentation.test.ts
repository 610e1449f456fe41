import { uniforms } from '@atelier/random';
import { loadTensorFlow } from '@atelier/tensorflow';
import { tensor1d, zeros } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { augmentedImages, drawsOf, plainImages } from './augmentation.ts';
import { type PixelStore, pixelStore } from './pixel-store.ts';
import { type Augmentation, recipeSchema } from './recipe.ts';

beforeAll(() => void loadTensorFlow({ threads: 1 }));

const [count, height, width] = [4, 5, 7];
const size = height * width;
const colour = Uint8Array.from(uniforms(count * size * 3, 1), (u) => Math.floor(256 * u));
/** Each colour's image of its own, as a grey one. */
const grey = [0, 1, 2].map((channel) => colour.filter((_, i) => i % 3 === channel));
const ids = [2, 0, 3, 3];
const usual = recipeSchema.parse({}).augmentation;
const key = [7, 1, 0];

const augmentedBy = (augmentation: Augmentation, store: PixelStore) =>
  augmentedImages(
    store,
    tensor1d(ids, 'int32'),
    augmentation,
    drawsOf(augmentation, ids.length, key),
    0.3,
  ).data();

test.each(['nearest', 'bilinear'] as const)(
  'colours of an image move together, each as a grey image does (%s)',
  async (interpolation) => {
    const augmentation = { ...usual, flip: 0.5, translate: 0.2, scale: 0.2, interpolation };
    const augmented = async (images: Uint8Array, channels: number) => {
      const store = pixelStore(images, { height, width, channels });
      return augmentedBy(augmentation, store);
    };
    const found = await augmented(colour, 3);
    expect(found).toHaveLength(ids.length * size * 3);
    for (const [channel, images] of grey.entries())
      expect(found.filter((_, i) => i % 3 === channel)).toEqual(await augmented(images, 1));
    expect(found).not.toEqual(Float32Array.from(ids.flatMap((id) => [...imageOf(id)])));
  },
);

test.each(['nearest', 'bilinear'] as const)(
  'each augmentation works by itself, and none leaves images as they are (%s)',
  async (interpolation) => {
    const none = { ...usual, flip: 0, translate: 0, scale: 0, interpolation };
    const store = pixelStore(colour, { height, width, channels: 3 });
    const changed = async (augmentation: Augmentation) => [
      ...(await augmentedBy(augmentation, store)),
    ];
    const plain = ids.flatMap((id) => [...imageOf(id)]);
    expect(await changed(none)).toEqual(plain);
    const strengths = { translate: 0.4, scale: 0.4, rotate: 30, crop: 3 };
    const ofPixels = { brightness: 0.4, contrast: 0.4, erase: 1 };
    for (const [name, strength] of Object.entries({ ...strengths, ...ofPixels }))
      expect(await changed({ ...none, [name]: strength }), name).not.toEqual(plain);
    const mirrored = ids.flatMap((id) => [...imageOf(id)].map((_, i, image) => image[mirror(i)]));
    expect(await changed({ ...none, flip: 1 })).toEqual(mirrored);
  },
);

/** Where the value at this position of an image lies in its mirror image. */
const mirror = (i: number): number => {
  const [row, column] = [Math.floor(i / (3 * width)), Math.floor(i / 3) % width];
  return 3 * (row * width + width - 1 - column) + (i % 3);
};

test('images as they are have all of their values in order', async () => {
  const store = pixelStore(colour, { height, width, channels: 3 });
  const found = await plainImages(store, tensor1d(ids, 'int32')).data();
  expect([...found]).toEqual(ids.flatMap((id) => [...imageOf(id)]));
});

test('equal keys draw equally, and what draws later leaves the draws of the others as they are', () => {
  const all = { ...usual, rotate: 9, crop: 2, brightness: 0.1, contrast: 0.2, erase: 0.3 };
  const numbers = (augmentation: Augmentation, of = key) =>
    Object.fromEntries(
      Object.entries(drawsOf(augmentation, 5, of)).map(([name, draws]) => [
        name,
        draws.map((draw) => [...draw.dataSync()]),
      ]),
    );
  const found = numbers(all);
  expect(Object.keys(found)).toHaveLength(8);
  expect(numbers(all)).toEqual(found);
  expect(numbers(all, [7, 2, 0])).not.toEqual(found);
  expect(found).toMatchObject(numbers(usual));
  expect(numbers({ ...usual, scale: 0, erase: 0.5 })).toEqual({
    flip: found.flip,
    translate: found.translate,
    erase: found.erase,
  });
  // No two augmentations share a draw.
  const each = Object.values(found).flat(2);
  expect(new Set(each).size).toBe(each.length);
});

test('a crop moves by whole pixels, each way as often as the others', () => {
  const n = 4_000;
  const image = Uint8Array.from({ length: 35 }, (_, i) => i + 1);
  const store = pixelStore(image, { height: 5, width: 7, channels: 1 });
  const augmentation = { ...usual, flip: 0, scale: 0, translate: 0, crop: 1 };
  const draws = drawsOf(augmentation, n, key);
  const cropped = augmentedImages(store, zeros([n], 'int32'), augmentation, draws, 0).dataSync();
  const counts = new Map<number, number>();
  for (let i = 0; i < n; i++) {
    // The centre shows which way the image went.
    const centre = cropped[35 * i + 17]!;
    counts.set(centre, (counts.get(centre) ?? 0) + 1);
  }
  const ways = [-1, 0, 1].flatMap((rows) => [-1, 0, 1].map((columns) => 18 + 7 * rows + columns));
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual(ways);
  const expected = n / 9;
  const chiSquare = [...counts.values()].reduce(
    (sum, k) => sum + (k - expected) ** 2 / expected,
    0,
  );
  // 8 degrees of freedom: 1 of 10,000 uniform samples lies above 32.
  expect(chiSquare).toBeLessThan(32);
});

const imageOf = (id: number) => colour.subarray(id * size * 3, (id + 1) * size * 3);
