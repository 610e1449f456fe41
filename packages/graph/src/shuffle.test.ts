import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compile, intAdd, iota, shuffled } from './index.ts';

loadTensorFlow();

const order = (count: number, ...key: number[]): Int32Array =>
  tf.tidy(() => shuffled(iota(count), count, key).dataSync<'int32'>());

test('every position is taken to another one, whatever the count', () => {
  for (const count of [1, 2, 3, 10, 97, 330, 4096, 60_000])
    expect([...order(count, 1, 2)].sort((a, b) => a - b)).toEqual([...Array(count).keys()]);
});

test('a batch gives its part of the whole, eagerly and compiled', () => {
  const whole = order(60_000, 3, 7);
  const inputs = { epoch: tf.scalar(7, 'int32'), first: tf.scalar(12_800, 'int32') };
  const batch = ({ epoch, first }: typeof inputs) =>
    shuffled(intAdd(iota(128), first), 60_000, [3, epoch]);
  const compiled = compile(batch, { inputs });
  const expected = whole.slice(12_800, 12_928);
  expect(batch(inputs).dataSync()).toEqual(expected);
  expect(compiled.call(inputs).dataSync()).toEqual(expected);
  compiled.dispose();
});

test('positions of several counts go where the permutation of each takes them', () => {
  const counts = [1, 2, 5, 97, 4096];
  const places = counts.flatMap((count) => [0, 1, count - 1].map((at) => [at % count, count]));
  const [positions, of] = [0, 1].map((i) =>
    tf.tensor1d(
      places.map((place) => place[i]!),
      'int32',
    ),
  ) as [tf.Tensor, tf.Tensor];
  const expected = places.map(([at, count]) => order(count!, 3, 7)[at!]);
  expect([...shuffled(positions, of, [3, 7]).dataSync()]).toEqual(expected);
});

test('orders stay what they are: runs must be repeatable with later versions', () => {
  expect([...order(10, 1, 1)]).toEqual([6, 4, 2, 1, 7, 8, 3, 9, 5, 0]);
});

/** Chi-square is nearly normal with mean df and variance 2 df; 4.5 sigma misses once in 150,000 times. */
function expectUniform(counts: number[], samples: number, df = counts.length - 1): void {
  const expected = samples / counts.length;
  const chiSquare = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  expect(Math.abs(chiSquare - df) / Math.sqrt(2 * df)).toBeLessThan(4.5);
}

test('every permutation of five is as likely as any other', () => {
  const draw = compile(({ seed }: { seed: tf.Tensor }) => shuffled(iota(5), 5, [seed, 1]), {
    inputs: { seed: { shape: [], dtype: 'int32' } } as never,
  });
  const draws = 6_000;
  const counts = new Map<string, number>();
  for (let seed = 0; seed < draws; seed++) {
    const found = tf.tidy(() =>
      draw
        .call({ seed: tf.scalar(seed, 'int32') })
        .dataSync()
        .join(),
    );
    counts.set(found, (counts.get(found) ?? 0) + 1);
  }
  draw.dispose();
  expect(counts.size).toBe(120);
  expectUniform([...counts.values()], draws);
});

test('neighbours come from anywhere, and so do the examples of a batch', () => {
  const [bins, count] = [64, 60_000];
  for (const epoch of [1, 2, 120]) {
    const taken = order(count, 1, epoch);
    const bin = (x: number): number => Math.floor((x * bins) / count);
    const pairs = new Array<number>(bins * bins).fill(0);
    const places = new Array<number>(bins * bins).fill(0);
    taken.forEach((to, from) => {
      places[bin(from) * bins + bin(to)]! += 1;
      if (from > 0) pairs[bin(taken[from - 1]!) * bins + bin(to)]! += 1;
    });
    expectUniform(pairs, count);
    // The sums of rows and of columns are given.
    expectUniform(places, count, (bins - 1) ** 2);
  }
});

test('orders of different epochs and seeds have nothing in common', () => {
  const [count, a] = [60_000, order(60_000, 1, 1)];
  for (const key of [
    [1, 2],
    [2, 1],
    [1, 120],
  ]) {
    const b = order(count, ...key);
    const same = a.reduce((sum, to, from) => sum + Number(to === b[from]), 0);
    // Fixed points of a random permutation: one is expected, with variance one.
    expect(same).toBeLessThan(7);
  }
});
