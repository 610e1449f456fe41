/**
 * A 32-bit integer finaliser: a bijection whose output bits depend on every input bit.
 * Constants of "lowbias32" by Chris Wellons (https://nullprogram.com/blog/2018/07/31/).
 * @param x any 32-bit integer
 * @returns an unsigned 32-bit integer
 */
export function mix32(x: number): number {
  x ^= x >>> 16;
  x = Math.imul(x, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b);
  x ^= x >>> 16;
  return x >>> 0;
}

/** Hashes a sequence of 32-bit words, order mattering, to one unsigned 32-bit integer. */
export function hash32(...words: number[]): number {
  return words.reduce((h, word) => mix32(mix32(h ^ word) + 0x9e3779b9), 0x6a09e667);
}
