import { isUserError } from '@atelier/errors';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeIdx, type IdxArray, parseIdx } from './idx.ts';

const images = encodeIdx(
  [2, 3, 2],
  Uint8Array.from({ length: 12 }, (_, i) => i * 20),
);
const sizes = { u8: 1, i8: 1, i16: 2, i32: 4, f32: 4, f64: 8 };

/** The parsed array, or undefined where the bytes were refused as they should be. */
function parseOrRefuse(bytes: Uint8Array): IdxArray | undefined {
  try {
    return parseIdx(bytes, 'a.idx');
  } catch (error) {
    expect(isUserError(error)).toBe(true);
    expect((error as Error).message).toContain('where: a.idx');
    return undefined;
  }
}

test('a well-formed file gives its type, dimensions and elements', () => {
  expect(parseIdx(images, 'a.idx')).toEqual({
    elementType: 'u8',
    dimensions: [2, 3, 2],
    data: Uint8Array.from({ length: 12 }, (_, i) => i * 20),
  });
});

test('element types are of the width that the format gives them', () => {
  const doubles = new Uint8Array([0, 0, 14, 1, 0, 0, 0, 2, ...new Uint8Array(16)]);
  expect(parseIdx(doubles, 'a.idx')).toMatchObject({ elementType: 'f64', dimensions: [2] });
});

test('a view into a larger buffer is read from its own beginning', () => {
  const larger = new Uint8Array(images.length + 20);
  larger.set(images, 7);
  expect(parseIdx(larger.subarray(7, 7 + images.length), 'a.idx')).toEqual(
    parseIdx(images, 'a.idx'),
  );
});

test('every truncation and every extension is refused', () => {
  for (let length = 0; length < images.length; length++)
    expect(parseOrRefuse(images.subarray(0, length))).toBeUndefined();
  expect(parseOrRefuse(new Uint8Array([...images, 0]))).toBeUndefined();
});

test('every bit flip is refused, or changes elements only, or gives a consistent array', () => {
  for (let bit = 0; bit < images.length * 8; bit++) {
    const flipped = images.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    const parsed = parseOrRefuse(flipped);
    const byte = bit >> 3;
    if (byte < 2 || (byte >= 4 && byte < 16)) expect(parsed).toBeUndefined();
    if (byte >= 16) expect(parsed).toMatchObject({ elementType: 'u8', dimensions: [2, 3, 2] });
    // u8 and i8 differ in one bit and have the same width.
    if (byte === 2 && parsed) expect(parsed.elementType).toBe('i8');
    if (byte === 3) expect(parsed).toBeUndefined();
  }
});

test('any bytes are refused or make an array whose elements fill its dimensions', () => {
  const header = fc.tuple(
    fc.constant(0),
    fc.constant(0),
    fc.constantFrom(7, 8, 9, 10, 11, 12, 13, 14, 15),
    fc.nat(4),
  );
  const dimensions = fc.uint8Array({ maxLength: 16 }).map((bytes) => bytes.map((b) => b % 3));
  const bytes = fc
    .tuple(fc.oneof(header, fc.uint8Array({ maxLength: 4 })), dimensions, fc.uint8Array())
    .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));
  fc.assert(
    fc.property(bytes, (file) => {
      const parsed = parseOrRefuse(file);
      if (parsed === undefined) return;
      const elements = parsed.dimensions.reduce((a, b) => a * b, 1);
      expect(parsed.data.length).toBe(elements * sizes[parsed.elementType]);
      expect(parsed.data.length + 4 + 4 * parsed.dimensions.length).toBe(file.length);
    }),
    { numRuns: 2000, seed: 1 },
  );
});

test('dimensions whose product overflows are refused', () => {
  const bytes = new Uint8Array(4 + 4 * 255).fill(0xff);
  bytes.set([0, 0, 8, 255]);
  expect(parseOrRefuse(bytes)).toBeUndefined();
});
