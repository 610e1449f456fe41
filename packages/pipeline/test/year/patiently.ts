import { setTimeout as sleep } from 'node:timers/promises';

/** Tries again for a minute what may be away since it was killed. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + 60_000; ; await sleep(500))
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
}
