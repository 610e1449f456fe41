import { boxMuller, firstHash, hashNumbers, mixNumber } from '@atelier/graph/random-formulas';

/** Hashes a sequence of 32-bit words, order mattering, to one unsigned 32-bit integer. */
export const hash32 = (...words: number[]): number => words.reduce(hashNumbers, firstHash);

/** Two chained finalisers: one alone shows correlations between neighbouring counters. */
const bits = (key: number, index: number): number => mixNumber(mixNumber(index) ^ key);

/**
 * `count` draws from [0, 1), each a function of (key, index) alone.
 * @param key words that name the stream, e.g. (seed, site)
 */
export function uniforms(count: number, ...key: number[]): Float64Array {
  const stream = hash32(...key);
  const drawn = new Float64Array(count);
  // A loop: Float64Array.from takes ten times as long.
  for (let i = 0; i < count; i++) drawn[i] = bits(stream, i) / 2 ** 32;
  return drawn;
}

const reals = {
  ...{ log: Math.log, sqrt: Math.sqrt, cos: Math.cos },
  complement: (x: number) => 1 - x,
  scale: (x: number, factor: number) => factor * x,
  multiply: (a: number, b: number) => a * b,
};

/** `count` standard normal draws by the Box-Muller transform. */
export function normals(count: number, ...key: number[]): Float64Array {
  const u = uniforms(2 * count, ...key);
  return Float64Array.from({ length: count }, (_, i) => boxMuller(u[2 * i]!, u[2 * i + 1]!, reals));
}

/** A uniform permutation of 0 … count-1 (Fisher-Yates). */
export function permutation(count: number, ...key: number[]): Int32Array {
  const u = uniforms(count, ...key);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor((u[i] as number) * (i + 1));
    const swapped = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swapped;
  }
  return order;
}
