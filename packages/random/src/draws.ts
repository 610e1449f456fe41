import { hash32, mix32 } from './hash.ts';

/** Two chained finalisers: one alone shows correlations between neighbouring counters. */
const bits = (key: number, index: number): number => mix32(mix32(index) ^ key);

/**
 * `count` draws from [0, 1), each a function of (key, index) alone.
 * @param key words that name the stream, e.g. (seed, site)
 */
export function uniforms(count: number, ...key: number[]): Float64Array {
  const stream = hash32(...key);
  return Float64Array.from({ length: count }, (_, i) => bits(stream, i) / 2 ** 32);
}

/** `count` standard normal draws by the Box-Muller transform. */
export function normals(count: number, ...key: number[]): Float64Array {
  const u = uniforms(2 * count, ...key);
  return Float64Array.from({ length: count }, (_, i) => {
    // 1 - u lies in (0, 1], so the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - (u[2 * i] as number)));
    return radius * Math.cos(2 * Math.PI * (u[2 * i + 1] as number));
  });
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
