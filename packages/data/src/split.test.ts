import { decodeSafetensorsHeader, encodeSafetensors } from '@atelier/safetensors';
import { expect, test } from 'vitest';
import { decodeSplit, encodeSplit, type Split, splitHeader } from './split.ts';

const split: Split = {
  name: 'validation',
  shape: { height: 1, width: 2, channels: 1 },
  images: Uint8Array.of(1, 2, 3, 4, 5, 6),
  labels: Uint8Array.of(0, 2, 1),
  indices: Int32Array.of(4, 8, 9),
};

test('decoding gives back what was encoded, from plain bytes and from a Buffer', () => {
  const bytes = encodeSplit(split);
  expect(decodeSplit(bytes, 'a')).toEqual(split);
  // Behind other content, as Buffers made from a pool are.
  const pooled = Buffer.concat([Buffer.from('front'), bytes]).subarray(5);
  expect(decodeSplit(pooled, 'a')).toEqual(split);
});

test('every truncation is refused', () => {
  const bytes = encodeSplit(split);
  for (let length = 0; length < bytes.length; length++)
    expect(() => decodeSplit(bytes.subarray(0, length), 'a.safetensors')).toThrow('a.safetensors');
});

test('safetensors of something else are refused, saying what they hold', () => {
  const labels = { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) } as const;
  const images = { dtype: 'U8', shape: [3, 1, 1], data: Uint8Array.of(1, 2, 3) } as const;
  const indices = { dtype: 'I32', shape: [2], data: Int32Array.of(1, 2) } as const;
  const refused = (tensors: Parameters<typeof encodeSafetensors>[0]['tensors'], name = 'test') =>
    expect(() => decodeSplit(encodeSafetensors({ tensors, metadata: { name } }), 'a.safetensors'));
  refused({ labels }).toThrow(/a\.safetensors[\s\S]*found: labels U8 \[3\]/);
  refused({ labels, images, indices }).toThrow(/indices I32 \[2\]/);
  const whole = { ...indices, shape: [3], data: Int32Array.of(0, 1, 2) };
  refused({ labels, images, indices: whole }, 'holdout').toThrow(/named holdout/);
});

test("a split is told by its file's header", () => {
  const bytes = encodeSplit(split);
  const read = (file: Uint8Array) =>
    splitHeader(decodeSafetensorsHeader(file, file.length, 'a'), 'a');
  const { name, shape, count, labels } = read(bytes);
  expect({ name, shape, count }).toEqual({ name: split.name, shape: split.shape, count: 3 });
  expect([...bytes.subarray(labels.begin, labels.end)]).toEqual([...split.labels]);
  const other = { a: { dtype: 'U8', shape: [1], data: Uint8Array.of(1) } } as const;
  expect(() => read(encodeSafetensors({ tensors: other, metadata: {} }))).toThrow(/not a split/);
});
