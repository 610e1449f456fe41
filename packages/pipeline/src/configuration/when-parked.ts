import { z } from 'zod';

/**
 * How long a night that is parked waits for a person: until the next night of its schedule is due,
 * so many hours, or for ever. It then ends as failed. No stage depends on it.
 */
export const whenParkedSchema = z
  .string()
  .regex(/^(next-night|wait|[1-9]\d{0,3}h)$/, 'expected next-night, wait, or hours such as 36h');

/** The hours that a parked night waits where it does not wait for something else. */
export const hoursParked = (whenParked: string): number | undefined =>
  whenParked.endsWith('h') ? Number(whenParked.slice(0, -1)) : undefined;
