import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  bitAnd,
  bitOr,
  bitXor,
  byteTensor,
  castBytes,
  compile,
  gather,
  intAdd,
  intFloorDiv,
  intMax,
  intMin,
  intMod,
  intMul,
  intSub,
  iota,
  shiftLeft,
  shiftRight,
  shiftRightLogical,
} from './index.ts';

loadTensorFlow();

const left = [0, 1, -1, 2_147_483_647, -2_147_483_648, 123_456_789, -987_654_321];
const right = [1, 7, 3, 2_147_483_647, 5, 0x7feb352d, 0x846ca68b | 0];
const ints = (values: number[]) => tf.tensor1d(values, 'int32');
const inputs = { a: ints(left), b: ints(right) };

test.each<[string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, (a: number, b: number) => number]>([
  ['intAdd', intAdd, (a, b) => a + b],
  ['intSub', intSub, (a, b) => a - b],
  ['intMul', intMul, Math.imul],
  ['intMin', intMin, Math.min],
  ['intMax', intMax, Math.max],
  ['intFloorDiv', intFloorDiv, (a, b) => Math.floor(a / b)],
  ['intMod', intMod, (a, b) => a - b * Math.floor(a / b)],
  ['bitAnd', bitAnd, (a, b) => a & b],
  ['bitOr', bitOr, (a, b) => a | b],
  ['bitXor', bitXor, (a, b) => a ^ b],
  ['shiftLeft', (a) => shiftLeft(a, 5), (a) => a << 5],
  ['shiftRight', (a) => shiftRight(a, 5), (a) => a >> 5],
  ['shiftRightLogical', (a) => shiftRightLogical(a, 5), (a) => a >>> 5],
  ['a number as argument', (a) => intMul(a, 0x9e3779b9), (a) => Math.imul(a, 0x9e3779b9)],
])('%s is 32-bit arithmetic, eagerly and compiled', (_, fn, reference) => {
  const expected = left.map((a, i) => reference(a, right[i] as number) | 0);
  const run = ({ a, b }: typeof inputs) => fn(a, b);
  expect([...run(inputs).dataSync()]).toEqual(expected);
  const compiled = compile(run, { inputs });
  const found = compiled.call(inputs);
  expect(found.dtype).toBe('int32');
  expect([...found.dataSync()]).toEqual(expected);
  compiled.dispose();
});

test('types and numbers that are not int32 are refused', () => {
  const x = tf.tensor1d([1, 2]);
  expect(() => intAdd(x, 1)).toThrow(/intAdd takes int32; found float32/);
  expect(() => bitXor(1, 1.5)).toThrow(/bitXor takes integers; found 1.5/);
  expect(() => gather(x, x)).toThrow(/gather takes int32; found float32/);
  expect(() => castBytes(x, 'float32')).toThrow(/castBytes takes a byte tensor, not float32/);
  expect(() => byteTensor(new Uint8Array(3), [2, 2])).toThrow(/needs 4 bytes; 3 were given/);
});

test('rows are gathered by tensors, bytes included', () => {
  const bytes = byteTensor(
    Uint8Array.from({ length: 12 }, (_, i) => 200 + i),
    [4, 3],
  );
  const rows = {
    bytes,
    floats: tf.reshape(tf.range(0, 12), [4, 3]),
    ids: tf.tensor2d([3, 0], [2, 1], 'int32'),
  };
  const fn = ({ bytes, floats, ids }: typeof rows) => ({
    gathered: castBytes(gather(bytes, ids), 'float32'),
    floats: gather(floats, ids),
  });
  const compiled = compile(fn, { inputs: { ...rows, bytes: { shape: [4, 3], dtype: 'uint8' } } });
  for (const { gathered, floats } of [fn(rows), compiled.call(rows)]) {
    expect(gathered.arraySync()).toEqual([[[209, 210, 211]], [[200, 201, 202]]]);
    expect(floats.arraySync()).toEqual([[[9, 10, 11]], [[0, 1, 2]]]);
  }
  expect(() => compiled.call({ ...rows, bytes: tf.zeros([4, 3], 'int32') })).toThrow(
    /"bytes" is int32 \[4, 3\], but the function was compiled for uint8 \[4, 3\]/,
  );
  expect(() => compile(() => gather(bytes, ints([0])), { inputs: {} })).toThrow(
    /byte tensor cannot be embedded/,
  );
  compiled.dispose();
  bytes.dispose();
});

test('a row out of range is clamped with XLA, and refused without', () => {
  const rows = { x: tf.tensor1d([10, 20, 30]), i: ints([-5, 7]) };
  const fn = ({ x, i }: typeof rows) => gather(x, i);
  expect(() => fn(rows)).toThrow(/indices\[0\] = -5/);
  const inputs = { x: rows.x, i: { shape: [2], dtype: 'int32' } } as const;
  const clamped = compile(fn, { inputs });
  expect([...clamped.call(rows).dataSync()]).toEqual([10, 30]);
  clamped.dispose();
  const plain = compile(fn, { inputs, jit: false });
  expect(() => plain.call(rows)).toThrow(/indices\[0\] = -5/);
  plain.dispose();
});

test('iota counts', () => {
  expect([...iota(4).dataSync()]).toEqual([0, 1, 2, 3]);
});
