import { type CompiledFunction, compile, intSub, iota } from '@atelier/graph';
import { uniforms } from '@atelier/random';
import { loadTensorFlow } from '@atelier/tensorflow';
import { scalar, type Tensor, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { balancedIds, imagesByClass } from './balanced-sampling.ts';

beforeAll(() => void loadTensorFlow({ threads: 1 }));

/** 103 images of four classes out of five, in any order. */
const sizes = [60, 7, 0, 35, 1];
const labels = (() => {
  const sorted = sizes.flatMap((size, label) => new Array<number>(size).fill(label));
  const draws = uniforms(sorted.length, 1);
  const order = [...sorted.keys()].sort((a, b) => draws[a]! - draws[b]!);
  return Uint8Array.from(order, (i) => sorted[i]!);
})();
const { members, counts } = imagesByClass(labels, 5);

const inputsOf = (epoch: number, seed: number, positions: Tensor) => ({
  ...{ positions, epoch: scalar(epoch, 'int32'), seed: scalar(seed, 'int32') },
  members: tensor1d(members, 'int32'),
});

const ids = ({ positions, epoch, seed, members: all }: ReturnType<typeof inputsOf>): Tensor =>
  balancedIds(positions, intSub(epoch, 1), all, counts, {
    ...{ order: [seed, epoch, -1], within: [seed, epoch, -3] },
  });

let compiled: CompiledFunction<ReturnType<typeof inputsOf>, Tensor>;
beforeAll(() => {
  compiled = compile(ids, { inputs: inputsOf(1, 1, iota(labels.length)) });
});

/** The images of an epoch in their order. */
const epochOf = (epoch: number, seed = 3): number[] =>
  tidy(() => [...compiled.call(inputsOf(epoch, seed, iota(labels.length))).dataSync()]);

const tally = (values: number[]): number[] => {
  const times = new Map<number, number>();
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1);
  return [...times.values()];
};

const differsByOneAtMost = (times: number[]) =>
  expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(1);

test('images are listed by class, and classes without any left out', () => {
  expect(imagesByClass(Uint8Array.of(2, 0, 2, 4), 5)).toEqual({
    ...{ members: Int32Array.of(1, 0, 2, 3), counts: [1, 2, 1] },
  });
});

test('an epoch takes every class as often, and of a class every image as often', () => {
  for (const epoch of [1, 2, 100_000]) {
    const taken = epochOf(epoch);
    expect(taken).toHaveLength(labels.length);
    const byLabel = tally(taken.map((id) => labels[id]!));
    expect(byLabel).toHaveLength(4);
    differsByOneAtMost(byLabel);
    for (const label of [1, 4])
      differsByOneAtMost(tally(taken.filter((id) => labels[id] === label)));
    // Of a class that is larger than its part of an epoch, none is taken twice.
    for (const label of [0, 3]) {
      const ofClass = taken.filter((id) => labels[id] === label);
      expect(new Set(ofClass).size).toBe(ofClass.length);
    }
  }
});

test('epochs together take every class as often, and images of a large class evenly', () => {
  const taken = Array.from({ length: 150 }, (_, i) => epochOf(i + 1)).flat();
  differsByOneAtMost(tally(taken.map((id) => labels[id]!)));
  const times = tally(taken.filter((id) => labels[id] === 0));
  expect(times).toHaveLength(60);
  const mean = times.reduce((a, b) => a + b) / 60;
  const chiSquare = times.reduce((sum, k) => sum + (k - mean) ** 2 / mean, 0);
  // Of 59 degrees of freedom, were images drawn with replacement: less than 1 of 10,000 lies above.
  expect(chiSquare).toBeLessThan(105);
});

test('seed and epoch alone decide, and a batch gives its part of the epoch, eagerly, too', () => {
  const whole = epochOf(7);
  expect(epochOf(7)).toEqual(whole);
  expect(epochOf(8)).not.toEqual(whole);
  expect(epochOf(7, 4)).not.toEqual(whole);
  const places = [20, 21, 22, 102, 102];
  const batch = ids(inputsOf(7, 3, tensor1d(places, 'int32'))).dataSync();
  expect([...batch]).toEqual(places.map((place) => whole[place]));
});

test('of one class, balanced is an order of all images', () => {
  const one = imagesByClass(new Uint8Array(10).fill(3), 5);
  const keys = { order: [3, 1, -1], within: [3, 1, -3] };
  const found = balancedIds(
    iota(10),
    scalar(0, 'int32'),
    tensor1d(one.members, 'int32'),
    one.counts,
    keys,
  ).dataSync();
  expect([...found].sort((a, b) => a - b)).toEqual([...Array(10).keys()]);
});
