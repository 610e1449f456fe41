import { uniforms } from '@atelier/random';
import { loadTensorFlow } from '@atelier/tensorflow';
import { cast, less, mul, scalar, sub, sum, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { mixed, mixtureDraws, mixtureOf, partnersOf, symmetricBeta } from './mixing.ts';

beforeAll(() => void loadTensorFlow({ threads: 1 }));

const most = 1 - 2 ** -24;

/** Student's t by Bailey's polar draw, in double precision, as a draw from Beta(alpha, alpha). */
function referenceBeta(u: number, v: number, alpha: number): number {
  const t = Math.sqrt(2 * alpha * ((1 - u) ** (-1 / alpha) - 1)) * Math.cos(2 * Math.PI * v);
  return (1 + t / Math.sqrt(2 * alpha + t * t)) / 2;
}

/** What timm's Mixup makes of a batch, by loops over numbers. */
function referenceMixture(
  images: number[][][][],
  { mixup, cutmix }: { mixup: number; cutmix: number },
  [u, v, choice, row, column]: readonly number[],
): { share: number; images: number[][][][] } {
  const cuts = cutmix > 0 && (mixup === 0 || choice! < 0.5);
  const share = referenceBeta(u!, v!, cuts ? cutmix : mixup);
  const [height, width] = [images[0]!.length, images[0]![0]!.length];
  const side = Math.sqrt(1 - share);
  const bounds = (size: number, draw: number) => {
    // What is almost whole is whole.
    const half = Math.floor(Math.floor(size * side + 1e-3) / 2);
    const middle = Math.floor(draw * size);
    return [Math.max(0, middle - half), Math.min(size, middle + half)] as const;
  };
  const [top, bottom] = bounds(height, row!);
  const [left, right] = bounds(width, column!);
  const others = images.toReversed();
  const mix = (r: number, c: number, own: number, other: number): number => {
    if (!cuts) return share * own + (1 - share) * other;
    return r >= top && r < bottom && c >= left && c < right ? other : own;
  };
  return {
    share: cuts ? 1 - ((bottom - top) * (right - left)) / (height * width) : share,
    images: images.map((image, i) =>
      image.map((line, r) =>
        line.map((pixel, c) => pixel.map((own, k) => mix(r, c, own, others[i]![r]![c]![k]!))),
      ),
    ),
  };
}

test.each([
  { height: 6, width: 9, channels: 1 },
  { height: 7, width: 4, channels: 3 },
  { height: 1, width: 5, channels: 1 },
])('mixup, cutmix and either of both give what their definitions do: %o', (shape) => {
  const { height, width, channels } = shape;
  const n = 5;
  const size = height * width * channels;
  const flat = uniforms(n * size, 3);
  const images = Array.from({ length: n }, (_, i) =>
    Array.from({ length: height }, (_, r) =>
      Array.from({ length: width }, (_, c) =>
        Array.from({ length: channels }, (_, k) =>
          Math.fround(flat[((i * height + r) * width + c) * channels + k]!),
        ),
      ),
    ),
  );
  const draws = [
    [0.3, 0.1, 0.2, 0, 0],
    [0.9, 0.45, 0.7, most, most],
    [0.99, 0.03, 0.4, 0.5, 0],
    [most, 0.5, 0.6, most, 0.4],
    [most, 0, 0.1, 0, most],
    ...Array.from({ length: 8 }, (_, i) => [...uniforms(5, 11, i)].map(Math.fround)),
  ];
  const x = tensor2d(images.flat(3), [n, size]);
  const partners = partnersOf(n, scalar(n));
  for (const strengths of [
    { mixup: 0.4, cutmix: 0 },
    { mixup: 0, cutmix: 1 },
    { mixup: 0.2, cutmix: 3 },
  ])
    for (const numbers of draws) {
      const [u, v, choice, row, column] = numbers.map((draw) => scalar(draw));
      const mixture = mixtureOf(strengths, shape, {
        ...{ beta: [u!, v!], choice: choice!, row: row!, column: column! },
      });
      const expected = referenceMixture(images, strengths, numbers);
      expect(mixture.share.dataSync()[0]).toBeCloseTo(expected.share, 5);
      const values = expected.images.flat(3);
      for (const [i, value] of mixed(x, partners, mixture).dataSync().entries())
        expect(Math.abs(value - values[i]!)).toBeLessThan(1e-5);
    }
});

test('both of mixup and cutmix are chosen, by key, and equal keys draw equally', () => {
  const [image, strengths] = [
    { height: 8, width: 8, channels: 1 },
    { mixup: 1, cutmix: 1 },
  ];
  const weightsOf = (step: number) => [
    ...mixtureOf(strengths, image, mixtureDraws([7, step, -2])).ofPartner.dataSync(),
  ];
  const steps = Array.from({ length: 80 }, (_, step) => weightsOf(step));
  expect([0, 1, 2].map(weightsOf)).toEqual(steps.slice(0, 3));
  // A piece of a picture has weights of 0 and 1 alone.
  const cuts = steps.filter((weights) => weights.every((weight) => weight === 0 || weight === 1));
  // Binomial of 80 and a half: 99.99 % lie between 22 and 58.
  expect(cuts.length).toBeGreaterThan(22);
  expect(cuts.length).toBeLessThan(58);
});

const n = 1 << 16;
const [u, v] = [uniforms(n, 1), uniforms(n, 2)].map((draws) => Float32Array.from(draws)) as [
  Float32Array,
  Float32Array,
];

/** Distribution functions of Beta(alpha, alpha) that have a closed form. */
const closed: [number, (x: number) => number][] = [
  [0.5, (x) => (2 / Math.PI) * Math.asin(Math.sqrt(x))],
  [1, (x) => x],
  [2, (x) => 3 * x ** 2 - 2 * x ** 3],
];

test.each(closed)(
  'the share is drawn from Beta(alpha, alpha), for alpha %d',
  (alpha, function_) => {
    const draws = symmetricBeta(tensor1d(u), tensor1d(v), alpha).dataSync().toSorted();
    // Kolmogorov and Smirnov: 1 of 10,000 samples is further away than 2.23 / sqrt(n).
    const furthest = Math.max(...[...draws].map((x, i) => Math.abs(function_(x) - (i + 0.5) / n)));
    expect(furthest).toBeLessThan(2.23 / Math.sqrt(n));
  },
);

test.each([0.02, 0.1, 0.2, 0.4, 8, 100])(
  'the share has the mean and variance of Beta, for alpha %d',
  (alpha) => {
    const draws = symmetricBeta(tensor1d(u), tensor1d(v), alpha);
    const variance = 1 / (4 * (2 * alpha + 1));
    const mean = sum(draws).dataSync()[0]! / n;
    expect(Math.abs(mean - 0.5)).toBeLessThan(4.5 * Math.sqrt(variance / n));
    const squares = sum(mul(sub(draws, 0.5), sub(draws, 0.5))).dataSync()[0]! / n;
    expect(Math.abs(squares / variance - 1)).toBeLessThan(0.03);
    expect(sum(cast(less(draws, 0), 'int32')).dataSync()[0]).toBe(0);
  },
);

test('draws at their extremes give shares from 0 to 1', () => {
  const ends = [0, 2 ** -24, 0.25, 0.5, 0.75, most];
  const pairs = ends.flatMap((first) => ends.map((second) => [first, second] as const));
  for (const alpha of [1e-3, 0.1, 1, 100]) {
    const shares = symmetricBeta(
      tensor1d(pairs.map(([first]) => first)),
      tensor1d(pairs.map(([, second]) => second)),
      alpha,
    ).dataSync();
    for (const share of shares) {
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
    }
  }
});

test("what pads a batch is no example's partner, and the middle of an odd number is its own", () => {
  expect([...partnersOf(5, scalar(5)).dataSync()]).toEqual([4, 3, 2, 1, 0]);
  expect([...partnersOf(6, scalar(4)).dataSync()].slice(0, 4)).toEqual([3, 2, 1, 0]);
});
