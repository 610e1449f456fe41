import { setTimeout as sleep } from 'node:timers/promises';

/** Polls until the probe finds something; a machine that is slow may take its time. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  seconds = 120,
): Promise<T> {
  for (const deadline = Date.now() + 1000 * seconds; Date.now() < deadline; await sleep(100)) {
    const found = await probe();
    if (found !== undefined) return found;
  }
  throw new Error(`Waited ${seconds} s in vain for ${what}.`);
}
