import { expect, test } from 'vitest';
import {
  decodeSafetensors,
  decodeSafetensorsHeader,
  encodeSafetensors,
  type Safetensors,
  safetensorsHeaderLength,
} from './index.ts';

const file: Safetensors = {
  tensors: {
    labels: { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) },
    weight: { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, -2, 0.5, 1e-8) },
    step: { dtype: 'I32', shape: [], data: Int32Array.of(-7) },
  },
  metadata: { epoch: '3', about: 'ü' },
};

test('decoding gives back what was encoded', () => {
  expect(decodeSafetensors(encodeSafetensors(file), 'memory')).toEqual(file);
});

test('a Buffer within a larger one is decoded as well', () => {
  const bytes = Buffer.concat([Buffer.from('odd'), encodeSafetensors(file)]);
  expect(decodeSafetensors(bytes.subarray(3), 'memory')).toEqual(file);
});

test('equal content gives equal bytes, whatever the order of names', () => {
  const reversed = Object.fromEntries(Object.entries(file.tensors).reverse());
  expect(encodeSafetensors({ ...file, tensors: reversed })).toEqual(encodeSafetensors(file));
});

test('every truncation is refused with the place named', () => {
  const bytes = encodeSafetensors(file);
  for (let length = 0; length < bytes.length; length++)
    expect(() => decodeSafetensors(bytes.subarray(0, length), 'a.safetensors')).toThrow(
      /a\.safetensors/,
    );
});

test('the header alone says where each tensor lies', () => {
  const bytes = encodeSafetensors(file);
  const length = safetensorsHeaderLength(bytes.subarray(0, 8), bytes.length, 'memory');
  const { tensors, metadata } = decodeSafetensorsHeader(
    bytes.subarray(0, length),
    bytes.length,
    'memory',
  );
  expect(metadata).toEqual(file.metadata);
  const { begin, end } = tensors.labels!;
  expect([...bytes.subarray(begin, end)]).toEqual([1, 2, 3]);
  const shorter = () => decodeSafetensorsHeader(bytes, bytes.length - 1, 'c.safetensors');
  expect(shorter).toThrow(/c\.safetensors/);
});

/** A file with this header and eight bytes of data, within a larger buffer. */
function withHeader(header: unknown): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = Buffer.concat([Buffer.alloc(16, 7), length, json, Buffer.alloc(8)]);
  return file.subarray(16);
}

const tensor = (change: object) => ({
  a: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...change },
});

test('a header that is as it should be is read', () => {
  expect(decodeSafetensors(withHeader(tensor({})), 'memory').tensors.a?.shape).toEqual([2]);
});

test.each([
  [[]],
  [null],
  [{ a: null }],
  [{ a: { dtype: 'F32' } }],
  [{ __metadata__: null }],
  [{ __metadata__: { epoch: 3 } }],
  [tensor({ data_offsets: [-8, 0] })],
  [tensor({ data_offsets: [4, 12] })],
  [tensor({ data_offsets: [0.5, 8.5] })],
  [tensor({ shape: [-1, -2] })],
  [tensor({ shape: [0.5, 4] })],
  [tensor({ shape: ['2'] })],
  [tensor({ dtype: 'toString' })],
])('the header %j is refused', (header) => {
  const decode = () => decodeSafetensors(withHeader(header), 'b.safetensors');
  expect(decode).toThrow(expect.objectContaining({ name: 'UserError' }));
  expect(decode).toThrow(/b\.safetensors/);
});

test.each([
  ['the same bytes twice', { ...tensor({}), b: tensor({}).a }],
  ['some bytes twice', { a: { dtype: 'U8', shape: [8], data_offsets: [0, 8] }, b: half(4, 8) }],
  ['a hole', { a: half(0, 4), b: half(6, 8) }],
  ['bytes after the last tensor', { a: half(0, 4) }],
  ['more bytes than there are', { a: half(0, 4), b: half(4, 12) }],
])('%s are refused, since every byte is in one tensor', (_, header) => {
  expect(() => decodeSafetensors(withHeader(header), 'c.safetensors')).toThrow(/c\.safetensors/);
});

function half(begin: number, end: number) {
  return { dtype: 'U8', shape: [end - begin], data_offsets: [begin, end] };
}
