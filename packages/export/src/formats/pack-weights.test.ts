import { expect, test } from 'vitest';
import { packWeights, type Weighted } from './pack-weights.ts';

const { unpackWeights }: { unpackWeights(text: string): Float64Array } = await import(
  // A module takes its text; it is not checked as this program's own.
  new URL('./unpack-weights.js', import.meta.url).href
);

/** Nearly a bell curve, the same in every run. */
const drawn = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) =>
    [1.3, 2.1, 3.7, 5.9].reduce((sum, speed) => sum + Math.sin(speed * (i + 1) * (i + seed)), 0),
  );
const layer = (weight: readonly number[] | Float32Array, outputs: number): Weighted => ({
  weight: Float32Array.from(weight),
  bias: drawn(outputs, weight.length),
});

/** How far a weight of an output may be off, by the largest of the output and the sizes of layers. */
const bound = (largest: number, size: number, total: number): number =>
  (0.75 * largest) / Math.min(2 ** 24, 1.5e6 * Math.sqrt(total / size));

const huge = Array.from(drawn(3_000, 3));
huge[1_000] = 1e9;

test.each<[string, Weighted[], number]>([
  ['a bell curve', [layer(drawn(60_000, 1), 30)], 23],
  ['a large layer and a small one', [layer(drawn(60_000, 1), 30), layer(drawn(90, 2), 9)], 23],
  ['zeros', [layer(new Float32Array(600), 6)], 2],
  ['zeros of both signs, and one of all sizes', [layer([0, -0, 3, 0, -0, -4], 3)], 30],
  ['one huge weight', [layer(huge, 3)], 22],
  ['nothing but one weight', [layer([-0.1], 1)], 30],
  ['the largest and the smallest', [layer([3.4e38, 1e-45, -3.4e38, -1e-45], 2)], 30],
  ['numbers too small to be divided', [layer([1e-39, -1e-40, 3e-45, 1e-45], 1)], 30],
  ['an output beside one of a millionth', [layer([1e3, 1e-3, -2e3, -2e-3], 2)], 30],
])('%s: comes back, each weight within three quarters of a step', (_, layers, mostBits) => {
  const text = packWeights(layers);
  expect(text).toMatch(/^[!#-;=-[\]-~]+$/);
  const found = unpackWeights(text);
  const total = layers.reduce((sum, { weight }) => sum + weight.length, 0);
  let at = 0;
  for (const { weight, bias } of layers) {
    const outputs = bias.length;
    const largest = new Float32Array(outputs);
    for (const [i, value] of weight.entries())
      largest[i % outputs] = Math.max(largest[i % outputs]!, Math.abs(value));
    // A step is a float32 itself, which is as good as another but for the smallest ones.
    const off = Array.from(weight, (value, i) => {
      const allowed = bound(largest[i % outputs]!, weight.length, total);
      return Math.abs(found[at + i]! - value) / (1.0001 * allowed + 1e-38);
    });
    expect(Math.max(...off)).toBeLessThanOrEqual(1);
    at += weight.length;
    expect(found.subarray(at, at + outputs)).toEqual(Float64Array.from(bias));
    at += outputs;
  }
  expect(found).toHaveLength(at);
  const others = 37 + layers.reduce((sum, { bias }) => sum + 69 + 64 * bias.length, 0);
  expect((6.5 * text.length - others) / total).toBeLessThan(mostBits);
});

test('what rounding takes from neighbours mostly adds up to nothing', () => {
  const packed = layer(drawn(60_000, 5), 30);
  const found = unpackWeights(packWeights([packed]));
  const sums = new Float64Array(30);
  let squares = 0;
  for (const [i, value] of packed.weight.entries()) {
    sums[i % 30]! += found[i]! - value;
    squares += (found[i]! - value) ** 2;
  }
  // Of 2,000 weights that are rounded one by one it would be 1 on average.
  const ofSums = sums.reduce((sum, x) => sum + x * x, 0) / squares;
  expect(ofSums).toBeLessThan(0.5);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('%s does not become a number', (broken) => {
  const found = unpackWeights(packWeights([layer([1, 2, broken, 4], 2)]));
  expect([found[0], found[2]]).toEqual([Number.NaN, Number.NaN]);
  expect([found[1], found[3]]).toEqual([expect.closeTo(2, 5), expect.closeTo(4, 5)]);
});
