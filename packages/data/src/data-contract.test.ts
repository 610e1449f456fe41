import { expect, test } from 'vitest';
import { inspect } from './data-contract.ts';
import type { Split, SplitName } from './split.ts';

const split = (name: SplitName, images: number[], labels: number[]): Split => ({
  name,
  shape: { height: 1, width: 3, channels: 1 },
  images: Uint8Array.from(images),
  labels: Uint8Array.from(labels),
  indices: Int32Array.from(labels, (_, i) => i),
});

test('class balance names the fewest, the most and the missing', () => {
  const { classBalance } = inspect(
    {
      train: split('train', [1, 2, 3, 1, 2, 4, 1, 2, 5], [0, 0, 1]),
      validation: split('validation', [1, 2, 6], [1]),
      test: split('test', [1, 2, 7, 1, 2, 8], [0, 1]),
    },
    ['shoe', 'bag'],
  );
  expect(classBalance).toEqual({
    train: { smallest: 1, largest: 2, emptyClasses: [] },
    validation: { smallest: 0, largest: 1, emptyClasses: ['shoe'] },
    test: { smallest: 1, largest: 1, emptyClasses: [] },
  });
});

test('constant images are counted for each split and listed', () => {
  const { constantImages } = inspect(
    {
      train: split('train', [0, 0, 0, 0, 0, 1], [0, 1]),
      validation: split('validation', [1, 0, 0], [1]),
      test: split('test', [0, 1, 0, 7, 7, 7], [0, 1]),
    },
    ['shoe', 'bag'],
  );
  expect(constantImages).toEqual({
    train: 1,
    validation: 0,
    test: 1,
    examples: [
      { split: 'train', index: 0, label: 0 },
      { split: 'test', index: 1, label: 1 },
    ],
  });
});

test('a colour image is constant where its pixels are equal, not its red, green and blue', () => {
  const colour = (name: SplitName, images: number[]): Split => ({
    ...split(name, images, [0]),
    shape: { height: 1, width: 2, channels: 3 },
  });
  const { constantImages } = inspect(
    {
      train: colour('train', [9, 5, 1, 9, 5, 1]),
      validation: colour('validation', [9, 5, 1, 9, 5, 2]),
      test: colour('test', [7, 7, 7, 7, 7, 8]),
    },
    ['shoe', 'bag'],
  );
  expect(constantImages).toMatchObject({ train: 1, validation: 0, test: 0 });
});
