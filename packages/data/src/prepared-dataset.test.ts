import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeMembership, encodeMembership } from './prepared-dataset.ts';

test('decoding gives back the positions', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(99)), (positions) => {
      const sorted = Int32Array.from(positions).sort();
      expect(decodeMembership(encodeMembership(sorted, 100))).toEqual(sorted);
    }),
  );
});

test('the lowest bit of a byte comes first', () => {
  expect(Buffer.from(encodeMembership(Int32Array.of(0, 9), 12), 'base64')).toEqual(
    Buffer.from([0b1, 0b10]),
  );
});
