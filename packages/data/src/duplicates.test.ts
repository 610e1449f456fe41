import { expect, test } from 'vitest';
import { findDuplicates, findDuplicatesInParts } from './duplicates.ts';
import type { Split, SplitName } from './split.ts';
import { partOf } from './split-rows.ts';

/** Images of 1 x 2 pixels. */
const split = (name: SplitName, pixels: [number, number][], labels: number[]): Split => ({
  name,
  shape: { height: 1, width: 2, channels: 1 },
  images: Uint8Array.from(pixels.flat()),
  labels: Uint8Array.from(labels),
  indices: Int32Array.from(labels, (_, i) => 10 * i),
});

test('duplicates are counted within splits and across them, and listed', () => {
  const [a, b, c, d]: [number, number][] = [
    [1, 2],
    [2, 1],
    [3, 3],
    [0, 9],
  ];
  const found = findDuplicates([
    split('train', [a!, b!, a!, a!], [0, 1, 0, 0]),
    split('validation', [c!, a!, c!], [2, 0, 2]),
    split('test', [b!, c!, d!], [1, 5, 3]),
  ]);
  expect(found).toEqual({
    groups: 3,
    within: { train: 2, validation: 1, test: 0 },
    across: { trainValidation: 1, trainTest: 1, validationTest: 1 },
    conflictingLabels: 1,
    examples: [
      [
        { split: 'train', index: 0, label: 0 },
        { split: 'train', index: 20, label: 0 },
        { split: 'train', index: 30, label: 0 },
        { split: 'validation', index: 10, label: 0 },
      ],
      [
        { split: 'train', index: 10, label: 1 },
        { split: 'test', index: 0, label: 1 },
      ],
      [
        { split: 'validation', index: 0, label: 2 },
        { split: 'validation', index: 20, label: 2 },
        { split: 'test', index: 10, label: 5 },
      ],
    ],
  });
});

test('of very many equal images each is counted once', () => {
  const count = 100_000;
  const train: Split = {
    name: 'train',
    shape: { height: 2, width: 4, channels: 1 },
    images: new Uint8Array(count * 8),
    labels: new Uint8Array(count),
    indices: new Int32Array(count),
  };
  train.images[8 * 777] = 1;
  const { groups, within } = findDuplicates([train]);
  expect({ groups, within: within.train }).toEqual({ groups: 1, within: count - 2 });
});

test('splits that come in parts are found to hold the same', async () => {
  const splits = [
    split(
      'train',
      [
        [1, 2],
        [3, 4],
        [1, 2],
        [5, 6],
        [7, 8],
      ],
      [0, 1, 0, 2, 1],
    ),
    split('validation', [[9, 9]], [0]),
    split(
      'test',
      [
        [5, 6],
        [1, 2],
      ],
      [2, 3],
    ),
  ];
  const inParts = splits.map((whole) => ({
    ...whole,
    async *parts() {
      for (let from = 0; from < whole.labels.length; from += 2)
        yield partOf(whole, from, Math.min(whole.labels.length, from + 2));
    },
  }));
  expect(await findDuplicatesInParts(inParts)).toEqual(findDuplicates(splits));
});
