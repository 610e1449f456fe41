import { isUserError } from '@atelier/errors';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalisationOf } from './pixel-statistics.ts';

test('two pixels at both ends have mean and deviation one half', () => {
  expect(normalisationOf(Uint8Array.of(0, 255))).toEqual({ mean: 0.5, std: 0.5 });
});

test('mean and deviation are those of the two-pass definition, whatever the order', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2, maxLength: 300 }), (pixels) => {
      fc.pre(pixels.some((pixel) => pixel !== pixels[0]));
      const values = Array.from(pixels, (pixel) => pixel / 255);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
      const result = normalisationOf(pixels);
      expect(result.mean).toBeCloseTo(mean, 12);
      expect(result.std).toBeCloseTo(Math.sqrt(variance), 12);
      expect(normalisationOf(pixels.toReversed())).toEqual(result);
    }),
  );
});

test('nearly equal pixels lose no precision', () => {
  const pixels = new Uint8Array(2_000_000).fill(255);
  pixels[0] = 254;
  const n = pixels.length;
  expect(Number(normalisationOf(pixels).std) * 255 * n).toBeCloseTo(Math.sqrt(n - 1), 8);
});

test('colours have a mean and a deviation each; one that is the same everywhere has that of all', () => {
  const pixels = Uint8Array.of(0, 51, 102, 255, 51, 204);
  const { mean, std } = normalisationOf(pixels, 3);
  expect(mean).toEqual([0.5, 0.2, 0.6]);
  expect(std).toEqual([0.5, normalisationOf(pixels).std, expect.closeTo(0.2, 12)]);
});

test('equal pixels, or none, cannot be normalised', () => {
  for (const pixels of [new Uint8Array(10).fill(3), new Uint8Array()])
    try {
      normalisationOf(pixels);
      expect.unreachable();
    } catch (error) {
      expect(isUserError(error)).toBe(true);
    }
});
