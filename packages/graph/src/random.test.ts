import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  compile,
  dropout,
  GraphError,
  type Key,
  randomBits,
  randomNormal,
  randomUniform,
} from './index.ts';

loadTensorFlow();

const n = 1 << 16;
const draws = (key: Key, count = n): Float32Array =>
  tf.tidy(() => randomUniform([count], key).dataSync<'float32'>());

const chiSquare = (counts: number[]): number => {
  const expected = counts.reduce((a, b) => a + b) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
};

/** Chi-square is nearly normal with mean df and variance 2 df; 4.5 sigma misses once in 150,000 times. */
function expectUniform(counts: number[]): void {
  const df = counts.length - 1;
  const deviation = (chiSquare(counts) - df) / Math.sqrt(2 * df);
  expect(Math.abs(deviation)).toBeLessThan(4.5);
}

const correlation = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, x, i) => sum + (x - 0.5) * ((b[i] as number) - 0.5), 0) * (12 / a.length);

/** Neighbours in seed, site and step, as a training loop uses them. */
const keys: Key[] = [0, 1, 2, 77].flatMap((seed) =>
  [0, 1, 4].flatMap((site) => [0, 1, 2, 46_800].map((step) => [seed, site, step])),
);

test('bits are equal eagerly and compiled, on numbers and tensors', () => {
  const steps = { seed: tf.scalar(3, 'int32'), step: tf.scalar(9, 'int32') };
  const fn = ({ seed, step }: typeof steps) => ({
    bits: randomBits([10, 7], [seed, 5, step]),
    uniform: randomUniform([10, 7], [seed, 5, step]),
  });
  const eager = fn(steps);
  const compiled = compile(fn, { inputs: steps });
  const found = compiled.call(steps);
  expect(found.bits.dataSync()).toEqual(eager.bits.dataSync());
  expect(found.uniform.dataSync()).toEqual(eager.uniform.dataSync());
  expect(randomBits([70], [3, 5, 9]).dataSync()).toEqual(eager.bits.dataSync());
  expect(randomBits([70], [3, 5, -9]).dataSync()).not.toEqual(eager.bits.dataSync());
  compiled.dispose();
});

test('masks of dropout are the same bits eagerly and compiled, normal draws all but the last digits', () => {
  const inputs = { x: tf.add(randomUniform([10_000], 1), 1), step: tf.scalar(9, 'int32') };
  const fn = ({ x, step }: typeof inputs) => ({
    dropped: dropout(x, 0.3, [1, step]),
    normal: randomNormal([10_000], [2, step]),
  });
  const eager = fn(inputs);
  for (const jit of [true, false]) {
    const compiled = compile(fn, { inputs, jit });
    const found = compiled.call(inputs);
    expect(found.dropped.dataSync()).toEqual(eager.dropped.dataSync());
    const difference = tf.max(tf.abs(tf.sub(found.normal, eager.normal))).dataSync()[0];
    expect(difference).toBeLessThan(1e-5);
    compiled.dispose();
  }
});

test('the bits stay what they are: runs must be repeatable with later versions', () => {
  expect([...randomBits([3], [1, 2, 3]).dataSync()]).toEqual([
    1_261_437_757, -834_854_491, -995_388_666,
  ]);
  expect([...randomBits([3], 7).dataSync()]).toEqual([569_397_933, 258_992_713, -721_344_409]);
});

test('draws lie in [0, 1) and fill it evenly, in 1,024 and in 2^8 lowest bins', () => {
  for (const key of keys) {
    const [high, low] = [new Array<number>(1024).fill(0), new Array<number>(256).fill(0)];
    const values = draws(key);
    expect(values.every((u) => u >= 0 && u < 1)).toBe(true);
    for (const u of values) {
      high[Math.floor(u * 1024)]! += 1;
      low[(u * 2 ** 24) & 255]! += 1;
    }
    expectUniform(high);
    expectUniform(low);
  }
});

test('each of the 32 bits is set half of the time', () => {
  const bits = randomBits([n], [1, 2, 3]).dataSync<'int32'>();
  for (let bit = 0; bit < 32; bit++) {
    const ones = bits.reduce((sum, value) => sum + ((value >>> bit) & 1), 0);
    expect(Math.abs(ones - n / 2)).toBeLessThan(4.5 * Math.sqrt(n / 4));
  }
});

test('pairs of neighbours within a stream fill the square evenly', () => {
  for (const lag of [1, 2, 128, 784]) {
    const counts = new Array<number>(32 * 32).fill(0);
    const u = draws([3, 1, 4]);
    for (let i = lag; i < n; i++) {
      counts[Math.floor(u[i]! * 32) * 32 + Math.floor(u[i - lag]! * 32)]! += 1;
    }
    expectUniform(counts);
  }
});

test('streams of different seeds, sites and steps are uncorrelated and fill the square evenly', () => {
  const streams = keys.map((key) => draws(key, n / 4));
  let worst = 0;
  for (const [i, a] of streams.entries()) {
    for (const b of streams.slice(0, i)) worst = Math.max(worst, Math.abs(correlation(a, b)));
    const b = streams[i - 1];
    if (b === undefined) continue;
    const counts = new Array<number>(256).fill(0);
    for (const [k, u] of a.entries())
      counts[Math.floor(u * 16) * 16 + Math.floor(b[k]! * 16)]! += 1;
    expectUniform(counts);
  }
  // The largest of 1,128 normal deviates.
  expect(worst).toBeLessThan(5 / Math.sqrt(n / 4));
});

test('the first draw over many keys is uniform, too', () => {
  const counts = new Array<number>(64).fill(0);
  for (let step = 0; step < 4096; step++) counts[Math.floor(draws([5, step], 1)[0]! * 64)]! += 1;
  expectUniform(counts);
});

test('the order of a key counts', () => {
  expect(draws([1, 2], 8)).not.toEqual(draws([2, 1], 8));
  expect(draws([1], 8)).not.toEqual(draws([1, 0], 8));
  expect(draws(1, 8)).toEqual(draws([1], 8));
});

test('a key of anything but integers is refused', () => {
  for (const part of [0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    for (const key of [part, [part, 3], [3, part], [tf.scalar(3, 'int32'), part]] as Key[]) {
      expect(() => randomBits([2], key)).toThrow(`A random key takes integers; found ${part}.`);
      expect(() => dropout(tf.ones([2]), 0.5, key)).toThrow(GraphError);
    }
  }
  expect(draws([2 ** 32 + 5, -1], 8)).toEqual(draws([5, 2 ** 32 - 1], 8));
});

test('normal draws have the moments of the standard normal distribution', () => {
  const z = randomNormal([n], [1, 2]).dataSync<'float32'>();
  const moment = (power: number) => z.reduce((sum, value) => sum + value ** power, 0) / n;
  expect(moment(1)).toBeCloseTo(0, 1);
  expect(moment(2)).toBeCloseTo(1, 1);
  expect(moment(3)).toBeCloseTo(0, 1);
  expect(Math.abs(moment(4) - 3)).toBeLessThan(0.2);
});

test('dropout keeps the expectation, and its gradient is its mask', () => {
  const x = tf.ones([n]);
  const kept = dropout(x, 0.3, [1, 2]);
  expect(new Set(kept.dataSync())).toEqual(new Set([0, Math.fround(1 / 0.7)]));
  const count = kept.dataSync().filter((value) => value > 0).length;
  expect(Math.abs(count - 0.7 * n)).toBeLessThan(4.5 * Math.sqrt(n * 0.21));
  expect(
    tf
      .grad((y) => tf.sum(dropout(y, 0.3, [1, 2])))(x)
      .dataSync(),
  ).toEqual(kept.dataSync());
  expect(dropout(x, 0, 1).dataSync()).toEqual(x.dataSync());
  expect(() => dropout(x, 1, 1)).toThrow(/rate in \[0, 1\); found 1/);
});
