import { setFlagsFromString } from 'node:v8';

/**
 * Percent of what lives that V8 lets gather before it looks again for what does not; left to itself,
 * it takes several times as much where values die as quickly as a census makes them.
 */
const growth = 20;

let atWork = 0;

/** Works with little memory, for some time more. Holds for the whole process while it works. */
export async function withSparingHeap<T>(work: () => Promise<T>): Promise<T> {
  if (atWork++ === 0) setFlagsFromString(`--heap-growing-percent=${growth}`);
  try {
    return await work();
  } finally {
    // 0 leaves it to V8.
    if (--atWork === 0) setFlagsFromString('--heap-growing-percent=0');
  }
}
