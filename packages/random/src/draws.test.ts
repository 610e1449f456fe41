import { expect, test } from 'vitest';
import { normals, permutation, uniforms } from './index.ts';

const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;

test('uniform draws fill [0, 1) evenly (chi-square over 256 bins)', () => {
  for (const seed of [0, 1, 2]) {
    const bins = new Array<number>(256).fill(0);
    const draws = uniforms(65_536, seed, 7);
    for (const u of draws) bins[Math.floor(u * 256)]! += 1;
    const chiSquare = bins.reduce((sum, n) => sum + (n - 256) ** 2 / 256, 0);
    // 255 degrees of freedom: 99.99 % of uniform samples lie between 177 and 349.
    expect(chiSquare).toBeGreaterThan(177);
    expect(chiSquare).toBeLessThan(349);
  }
});

test('streams of different keys are uncorrelated', () => {
  const n = 20_000;
  const a = uniforms(n, 1, 1);
  for (const key of [
    [1, 2],
    [2, 1],
    [1, 1, 0],
  ]) {
    const b = uniforms(n, ...key);
    const products = a.map((x, i) => (x - 0.5) * ((b[i] as number) - 0.5) * 12);
    expect(Math.abs(mean(products))).toBeLessThan(4 / Math.sqrt(n));
  }
});

test('normal draws have mean 0 and variance 1', () => {
  const draws = normals(50_000, 3);
  expect(Math.abs(mean(draws))).toBeLessThan(0.02);
  expect(Math.abs(mean(draws.map((x) => x * x)) - 1)).toBeLessThan(0.03);
});

test('a permutation holds every index once, and depends on its key', () => {
  const order = permutation(1000, 5);
  expect([...order].sort((a, b) => a - b)).toEqual([...Array(1000).keys()]);
  expect(order).toEqual(permutation(1000, 5));
  expect(order).not.toEqual(permutation(1000, 6));
});
