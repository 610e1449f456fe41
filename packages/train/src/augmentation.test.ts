import { uniforms } from '@atelier/random';
import { loadTensorFlow } from '@atelier/tensorflow';
import { tensor1d } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { augmentedImages, plainImages } from './augmentation.ts';
import { pixelStore } from './pixel-store.ts';
import { recipeSchema } from './recipe.ts';

beforeAll(() => void loadTensorFlow({ threads: 1 }));

const [count, height, width] = [4, 5, 7];
const size = height * width;
const colour = Uint8Array.from(uniforms(count * size * 3, 1), (u) => Math.floor(256 * u));
/** Each colour's image of its own, as a grey one. */
const grey = [0, 1, 2].map((channel) => colour.filter((_, i) => i % 3 === channel));
const ids = [2, 0, 3, 3];
const usual = recipeSchema.parse({}).augmentation;

test.each(['nearest', 'bilinear'] as const)(
  'colours of an image move together, each as a grey image does (%s)',
  async (interpolation) => {
    const augmentation = { ...usual, flip: 0.5, translate: 0.2, scale: 0.2, interpolation };
    const augmented = async (images: Uint8Array, channels: number) => {
      const store = pixelStore(images, { height, width, channels });
      return augmentedImages(store, tensor1d(ids, 'int32'), augmentation, [7, 1, 0]).data();
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
    const changed = async (augmentation: typeof none) => [
      ...(await augmentedImages(store, tensor1d(ids, 'int32'), augmentation, [7, 1, 0]).data()),
    ];
    const plain = ids.flatMap((id) => [...imageOf(id)]);
    expect(await changed(none)).toEqual(plain);
    for (const name of ['translate', 'scale'] as const)
      expect(await changed({ ...none, [name]: 0.4 })).not.toEqual(plain);
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

const imageOf = (id: number) => colour.subarray(id * size * 3, (id + 1) * size * 3);
