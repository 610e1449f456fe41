import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test, vi } from 'vitest';
import { jit } from './index.ts';

loadTensorFlow();
const values = (tensor: tf.Tensor) => [...tensor.dataSync()];
const warnings = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
afterEach(() => warnings.mockClear());

test('a function is traced for each form of its arguments, and runs compiled in between', () => {
  const fn = vi.fn((x: tf.Tensor, { scale, bias }: { scale: number; bias?: tf.Tensor }) => {
    const scaled = tf.mul(x, scale);
    return { sum: bias === undefined ? scaled : tf.add(scaled, bias) };
  });
  const fast = jit(fn);
  const x = tf.tensor1d([1, 2]);
  expect(values(fast(x, { scale: 3 }).sum)).toEqual([3, 6]);
  expect(values(fast(tf.tensor1d([5, 6]), { scale: 3 }).sum)).toEqual([15, 18]);
  expect(fn).toHaveBeenCalledTimes(1);
  expect(values(fast(x, { scale: 4 }).sum)).toEqual([4, 8]);
  expect(values(fast(tf.tensor1d([1, 2], 'int32'), { scale: 3 }).sum)).toEqual([3, 6]);
  expect(values(fast(tf.tensor2d([[1]]), { scale: 3 }).sum)).toEqual([3]);
  expect(values(fast(x, { scale: 3, bias: x }).sum)).toEqual([4, 8]);
  expect(fn).toHaveBeenCalledTimes(5);
  expect(fast.programs).toBe(5);
  fast.dispose();
  expect(fast.programs).toBe(0);
  expect(values(fast(x, { scale: 3 }).sum)).toEqual([3, 6]);
  fast.dispose();
});

test('the program that was not used for longest goes first, and many are told of', () => {
  const fn = vi.fn((x: tf.Tensor, n: number) => tf.add(x, n));
  const fast = jit(fn, { jit: false, maximumPrograms: 2 });
  const one = tf.scalar(1);
  for (const n of [1, 2, 1, 3, 1]) expect(values(fast(one, n))).toEqual([1 + n]);
  expect(fn).toHaveBeenCalledTimes(3);
  expect(values(fast(one, 2))).toEqual([3]);
  expect([fn.mock.calls.length, fast.programs]).toEqual([4, 2]);
  expect(warnings).not.toHaveBeenCalled();
  for (const n of [11, 12, 13, 14, 15]) fast(one, n);
  expect(warnings).toHaveBeenCalledTimes(1);
  expect(warnings.mock.calls[0]![0]).toMatch(
    /compiled 8 times, the last time for \[float32 \[\], 14\]\. .*tf\.scalar/,
  );
  fast.dispose();
});

test('inside a traced or differentiated function it is the plain one', () => {
  const square = jit((x: tf.Tensor) => tf.square(x), { jit: false });
  const outer = jit((x: tf.Tensor) => tf.add(square(x), tf.grad(square)(x)), { jit: false });
  expect(values(outer(tf.scalar(3)))).toEqual([15]);
  expect(values(tf.grad(square)(tf.scalar(3)))).toEqual([6]);
  expect(square.programs).toBe(0);
  outer.dispose();
});

test('values that look alike are told apart', () => {
  const fn = vi.fn((x: tf.Tensor, ..._: unknown[]): tf.Tensor => tf.neg(x));
  const fast = jit(fn, { jit: false });
  const x = tf.scalar(1);
  const arguments_: unknown[][] = [[], [1], ['1'], [true], ['true'], [null], ['null'], [undefined]];
  const more: unknown[][] = [
    [0],
    [-0],
    [Number.NaN],
    [1n],
    [[1]],
    [{ a: 1 }],
    [{ 'a": 1, "b': 1 }],
  ];
  const all = [...arguments_, ...more, [{ a: 1, b: 1 }], [[1, 2]], [[[1], 2]]];
  for (const each of [...all, ...all]) tf.dispose(fast(x, ...each));
  // The second time, those that are held no longer are compiled again.
  expect(fn.mock.calls.length).toBe(2 * all.length);
  fast.dispose();
  expect(() => fast(x, () => 1)).toThrow(/argument "1" is a function[\s\S]*plain objects/);
  expect(() => fast(x, { a: new Map() })).toThrow(/argument "1\/a" is a Map/);
  const gone = tf.scalar(1);
  gone.dispose();
  expect(() => fast(gone)).toThrow(/argument "0" has been disposed of/);
});
