import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, fingerprint, type Json } from './fingerprint.ts';

test('the order of keys and absent fields do not matter', () => {
  expect(fingerprint({ b: [1, { d: null, c: 'ü' }], a: true, e: undefined })).toBe(
    fingerprint({ a: true, b: [1, { c: 'ü', d: null }] }),
  );
});

test('the order of list items, types and nesting do matter', () => {
  const values: Json[] = [[1, 2], [2, 1], ['1', 2], [[1], 2], { 0: 1, 1: 2 }, [1, 2, null]];
  expect(new Set(values.map(fingerprint)).size).toBe(values.length);
});

test('the fingerprint of a known value stays what it was', () => {
  // printf '{"a":1,"b":"x"}' | sha256sum
  expect(fingerprint({ b: 'x', a: 1 })).toBe(
    'ecf9e98ec0641e23113ff3ce8bdc78d0ddd249886517fd4a7f68cc83d4e65667',
  );
});

test('canonical JSON reads back as the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = canonicalJson(value as Json);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(JSON.parse(text))).toBe(text);
    }),
  );
});

test('a number that JSON cannot hold is refused', () => {
  expect(() => fingerprint({ loss: Number.NaN })).toThrow(RangeError);
});
