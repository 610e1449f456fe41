import { hash32 } from '@atelier/random';

/**
 * A seed for a scheduled run: the same for the same scheduled time, another every night.
 * @param scheduledFor the time that the schedule was to start the run, which a catch-up keeps
 * @returns an integer in [0, 2^31)
 */
export function nightlySeed(scheduledFor: Date): number {
  return hash32(Math.floor(scheduledFor.getTime() / 1000)) >>> 1;
}
