/**
 * The formulas of random numbers, over plain numbers or over tensors: a host and a device that take
 * them from here draw alike. This file loads nothing.
 */

/** Arithmetic modulo 2^32. */
interface Words<T> {
  xor(a: T, b: T): T;
  shiftRightLogical(x: T, bits: number): T;
  multiply(x: T, factor: number): T;
}

/**
 * A 32-bit finaliser, a bijection whose output bits depend on every input bit: "lowbias32" by Chris
 * Wellons (https://nullprogram.com/blog/2018/07/31/).
 */
export function lowbias32<T>(x: T, { xor, shiftRightLogical, multiply }: Words<T>): T {
  let h = xor(x, shiftRightLogical(x, 16));
  h = multiply(h, 0x7feb352d);
  h = xor(h, shiftRightLogical(h, 15));
  h = multiply(h, 0x846ca68b);
  return xor(h, shiftRightLogical(h, 16));
}

const numbers: Words<number> = {
  xor: (a, b) => a ^ b,
  shiftRightLogical: (x, bits) => x >>> bits,
  multiply: Math.imul,
};

/** {@link lowbias32} of any 32-bit integer, as an unsigned one. */
export const mixNumber = (x: number): number => lowbias32(x, numbers) >>> 0;

/** What the hash of a sequence of words begins with. */
export const firstHash = 0x6a09e667;

/** What that hash adds between two of its rounds. */
export const betweenRounds = 0x9e3779b9;

/** Takes one more word into the hash of those before it, order mattering. */
export const hashNumbers = (hash: number, word: number): number =>
  mixNumber(mixNumber(hash ^ word) + betweenRounds);

interface Reals<T> {
  /** 1 - x */
  complement(x: T): T;
  log(x: T): T;
  sqrt(x: T): T;
  cos(x: T): T;
  scale(x: T, factor: number): T;
  multiply(a: T, b: T): T;
}

/** A standard normal draw of two uniform draws from [0, 1): the Box-Muller transform. */
export function boxMuller<T>(u: T, v: T, reals: Reals<T>): T {
  // 1 - u lies in (0, 1], so the logarithm is finite.
  const radius = reals.sqrt(reals.scale(reals.log(reals.complement(u)), -2));
  return reals.multiply(radius, reals.cos(reals.scale(v, 2 * Math.PI)));
}
