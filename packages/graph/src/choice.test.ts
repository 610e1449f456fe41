import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test, vi } from 'vitest';
import { decide } from './choice.ts';
import { compile, compileLoop, intFloorDiv, jit } from './index.ts';

loadTensorFlow();
const warnings = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
afterEach(() => warnings.mockClear());

test('the shortest calls decide, and XLA stays where it is not clearly slower', () => {
  const rounds = (xla: number[], without: number[]) => decide({ xla, without });
  expect(rounds([], [])).toBeUndefined();
  // A stall decides nothing: short calls are repeated until the difference is clear three times.
  expect(rounds([50], [1])).toBeUndefined();
  expect(rounds([50, 50], [1, 1])).toBe(false);
  expect(rounds([5, 5], [1, 1])).toBeUndefined();
  expect(rounds([5, 5, 5], [1, 1, 1])).toBe(false);
  expect(rounds([1, 1, 1], [5, 5, 5])).toBe(true);
  expect(rounds([90, 1, 1], [1, 1, 1])).toBeUndefined();
  // Near each other, five rounds are made, or a second of them.
  const five = (value: number) => Array.from({ length: 5 }, () => value);
  expect(rounds(five(1.05), five(1))).toBe(true);
  expect(rounds(five(1.2), five(1))).toBe(false);
  expect(rounds([9, 9, 9, 9, 1], five(1))).toBe(true);
  expect(rounds([700], [600])).toBe(false);
  expect(rounds([600], [700])).toBe(true);
  expect(rounds([60], [55])).toBeUndefined();
});

const values = (tensor: tf.Tensor) => tf.tidy(() => [...tensor.dataSync()]);

test("jit: 'auto' leaves XLA where that is slower, and says so and why", () => {
  // XLA on a CPU has no kernel for windows of so many places.
  const blur = (x: tf.Tensor4D) => tf.depthwiseConv2d(x, tf.ones([13, 13, 16, 1]), 1, 'same');
  const x = tf.ones([1, 32, 32, 16]) as tf.Tensor4D;
  const before = tf.memory().numTensors;
  const compiled = compile(blur, { inputs: x, jit: 'auto' });
  expect(compiled.inspect().choice).toEqual({ jit: true, because: 'open' });
  compiled.warmUp();
  expect(compiled.inspect().choice.because).toBe('open');
  const first = compiled.call(x);
  const { choice } = compiled.inspect();
  expect(choice).toMatchObject({ jit: false, because: 'measured' });
  expect(compiled.jit).toBe(false);
  const { xla, without } = choice.milliseconds!;
  expect(xla).toBeGreaterThan(without);
  expect(warnings).toHaveBeenCalledTimes(1);
  expect(warnings.mock.calls[0]![0]).toMatch(
    /^blur runs without XLA\. A call took [\d.]+ ms with it and [\d.]+ ms without/,
  );
  // What was chosen stays, and gives every result, the first one included.
  const second = compiled.warmUp(x).call(x);
  expect(values(second)).toEqual(values(first));
  const plain = compile(blur, { inputs: x, jit: false });
  const pinned = plain.call(x);
  expect(plain.inspect().choice).toEqual({ jit: false, because: 'asked' });
  expect(values(pinned)).toEqual(values(first));
  expect(warnings).toHaveBeenCalledTimes(1);
  for (const it of [compiled, plain, first, second, pinned]) it.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('it keeps XLA where that is faster; gradients and jit(fn) are measured like it', () => {
  // Fifty operations that XLA fuses into one.
  const wave = (x: tf.Tensor): tf.Tensor =>
    Array.from({ length: 50 }).reduce<tf.Tensor>((y) => tf.sub(tf.mul(y, 0.9), 0.1), x);
  const x = tf.ones([20_000]);
  const fast = jit(wave, { jit: 'auto' });
  expect(fast.inspect(x).choice.because).toBe('open');
  tf.tidy(() => void tf.grad((x: tf.Tensor) => fast(x))(x));
  tf.dispose(fast(x));
  expect(fast.inspect(x).choice).toMatchObject({ jit: true, because: 'measured' });
  fast.dispose();
  expect(warnings).not.toHaveBeenCalled();
});

test('a loop is measured on a few steps, not on none; what fails without XLA stays with it', () => {
  const seen = vi.fn();
  const state = { x: tf.ones([2]) as tf.Tensor };
  const loop = compileLoop({
    step: ({ x }: typeof state) => {
      seen();
      return { x: tf.add(x, 1) };
    },
    state,
    constants: {},
    jit: 'auto',
  });
  const traced = seen.mock.calls.length;
  expect(values(loop.run({ state, constants: {}, steps: 0 }).x)).toEqual([1, 1]);
  expect(loop.inspect().choice.because).toBe('open');
  expect(values(loop.run({ state, constants: {}, steps: 500 }).x)).toEqual([501, 501]);
  expect(loop.inspect().choice.because).toBe('measured');
  expect(seen).toHaveBeenCalledTimes(traced);
  loop.dispose();

  const [a, b] = [tf.tensor1d([6], 'int32'), tf.tensor1d([0], 'int32')];
  const divided = compile(({ a, b }: Record<'a' | 'b', tf.Tensor>) => intFloorDiv(a, b), {
    inputs: { a, b },
    jit: 'auto',
  });
  tf.dispose(divided.call({ a, b }));
  expect(divided.inspect().choice).toEqual({ jit: true, because: 'fails without XLA' });
  divided.dispose();
});
