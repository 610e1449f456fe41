import { expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors, type Safetensors } from './index.ts';

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
