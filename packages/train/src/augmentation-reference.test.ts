import { uniforms } from '@atelier/random';
import { loadTensorFlow } from '@atelier/tensorflow';
import { tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { augmentedImages, type Draws } from './augmentation.ts';
import { type NumberDraws, referenceAugmentation } from './fixtures/reference-augmentation.ts';
import { pixelStore } from './pixel-store.ts';
import { type Augmentation, recipeSchema } from './recipe.ts';

beforeAll(() => void loadTensorFlow({ threads: 1 }));

const none: Augmentation = {
  ...recipeSchema.parse({}).augmentation,
  ...{ flip: 0, translate: 0, scale: 0 },
};
const counts = {
  ...{ flip: 1, scale: 1, translate: 2, rotate: 1, crop: 2 },
  ...{ brightness: 1, contrast: 1, erase: 5 },
};
type Name = keyof typeof counts;
const [least, most] = [0, 1 - 2 ** -24];
const images = 12;

/** Of the first images the least and the greatest that there are, of the others any. */
const draws = Object.entries(counts).map(([name, count], way): [string, number[][]] => [
  name,
  Array.from({ length: count }, (_, i) =>
    [...uniforms(images, 5, way, i)].map((u, image) =>
      image === 0 ? least : image === 1 ? most : Math.fround(u),
    ),
  ),
]);

const together = {
  ...{ flip: 0.5, scale: 0.23, translate: 0.17, rotate: 37, crop: 2 },
  ...{ brightness: 0.4, contrast: 0.6, erase: 0.7 },
};
const alone = Object.entries(together).map(([name, strength]) => ({ [name]: strength }));
const cases: Partial<Record<Name, number>>[] = [
  ...alone,
  ...[{ rotate: 180 }, { flip: 1, crop: 6 }, { brightness: 1, contrast: 1 }, { erase: 1 }],
  { flip: 0.5, scale: 0.23, translate: 0.17, crop: 1 },
  together,
];
const shapes = [
  { height: 6, width: 9, channels: 1 },
  { height: 8, width: 5, channels: 3 },
  { height: 1, width: 4, channels: 1 },
];

test.each(['nearest', 'bilinear'] as const)(
  'every augmentation, alone and with others, gives what its definition does (%s)',
  (interpolation) => {
    const mean = [0.3, 0.4, 0.6];
    for (const shape of shapes) {
      const { height, width, channels } = shape;
      const size = height * width * channels;
      const pixels = Uint8Array.from(uniforms(images * size, 1), (u) => Math.floor(256 * u));
      const store = pixelStore(pixels, shape);
      const ids = Array.from({ length: images }, (_, i) => (7 * i + 3) % images);
      for (const strengths of cases) {
        const augmentation = { ...none, ...strengths, interpolation };
        const on = draws.filter(([name]) => name in strengths);
        const given: Draws = Object.fromEntries(
          on.map(([name, each]) => [name, each.map((u) => tensor2d(u, [images, 1]))]),
        );
        const found = augmentedImages(
          store,
          tensor1d(ids, 'int32'),
          augmentation,
          given,
          channels === 1 ? mean[0]! : mean,
        ).dataSync();
        let checked = 0;
        for (const [image, id] of ids.entries()) {
          const at = (row: number, column: number, channel: number) =>
            row < 0 || row >= height || column < 0 || column >= width
              ? 0
              : pixels[id * size + (row * width + column) * channels + channel]!;
          const own: NumberDraws = Object.fromEntries(
            on.map(([name, each]) => [name, each.map((u) => u[image]!)]),
          );
          const expected = referenceAugmentation(at, shape, augmentation, own, mean);
          // Where two pixels are equally near, float32 may take the other one.
          if (expected.margin < 1e-5) continue;
          checked += 1;
          const values = found.subarray(image * size, (image + 1) * size);
          const furthest = Math.max(...values.map((v, i) => Math.abs(v - expected.values[i]!)));
          expect(furthest, JSON.stringify({ shape, strengths, image })).toBeLessThan(5e-3);
        }
        expect(checked).toBeGreaterThan(images - 3);
      }
    }
  },
);
