import { UserError } from '@atelier/errors';
import { type Network, networkFor, networkOptionsSchema } from '@atelier/model/network';
import { expect, test } from 'vitest';
import { checkTrainingMemory, leastTrainingMemory } from './memory.ts';

const image = { height: 28, width: 28, channels: 1 };
const size = (widths: number[], batchSize = 128, images = [60_000, 5_000]) => ({
  network: {
    ...{ architecture: 'mlp', inputs: 784, classes: 10, widths, residual: 0 },
    ...{ dropout: 0, dropoutAt: 'output' },
  } as Network,
  ...{ recipe: { batchSize }, image, images },
});

test('the reference run fits into half a gigabyte, and images are counted twice', () => {
  const reference = leastTrainingMemory(size([144, 128, 128, 128]));
  expect(reference).toBeLessThan(0.5e9);
  expect(reference - leastTrainingMemory(size([144, 128, 128, 128], 128, []))).toBe(
    2 * 65_000 * 784,
  );
});

test('of splits in shards only blocks are counted', () => {
  const [few, many] = [5_000_000, 50_000_000].map((images) =>
    leastTrainingMemory(size([144, 128, 128, 128], 128, [images, 5_000])),
  ) as [number, number];
  expect(few).toBeLessThan(0.5e9);
  expect(many - few).toBe(10 * 45_000_000);
});

test('where less is held, smaller splits are in shards, and their blocks are no larger', () => {
  const images = size([144, 128, 128, 128]);
  const none = leastTrainingMemory({ ...images, images: [] });
  const least = (mostHeld: number) => leastTrainingMemory({ ...images, mostHeld }) - none;
  expect(least(2 ** 24)).toBe(3 * 2 ** 24 + 10 * 60_000 + 2 * 5_000 * 784);
  expect(least(2 ** 20)).toBe(2 * 3 * 2 ** 20 + 10 * 65_000);
});

test('a convolutional network needs what its images take in every layer', () => {
  const options = networkOptionsSchema.parse({ architecture: 'cnn', filters: [32, 64, 128] });
  const least = (batchSize: number, side = 28) =>
    leastTrainingMemory({
      network: networkFor(options, { height: side, width: side, channels: 1 }, 10),
      ...{ recipe: { batchSize }, image, images: [] },
    });
  // Measured beside the mlp: 510 MB with batches of 128, 1050 MB with 256.
  expect(least(256)).toBeGreaterThan(0.6e9);
  expect(least(256)).toBeLessThan(1.05e9);
  expect(least(256) - least(128)).toBeGreaterThan(0.3e9);
  expect(least(128, 256) / least(128, 28)).toBeGreaterThan(70);
});

test('widths of 65,536 are refused with the numbers, and so are batches that are too large', () => {
  const refusal = (widths: number[], batchSize?: number) => () =>
    checkTrainingMemory(size(widths, batchSize), 16e9);
  expect(refusal([65_536, 65_536, 65_536, 65_536])).toThrow(UserError);
  expect(refusal([65_536, 65_536, 65_536, 65_536])).toThrow(
    /at most 16\.0 GB[\s\S]*at least 46\d\.\d GB, for 12,9\d\d,\d{3},\d{3} parameters/,
  );
  expect(refusal([65_536], 65_536)).toThrow(/batches of 65536/);
  expect(refusal([144, 128, 128, 128])).not.toThrow();
});
