import type { NightProblem, NotedSchedule } from '@atelier/infra';
import { readCron } from './cron.ts';
import { dueTimes, nightText } from './zone.ts';

const hourMs = 3_600_000;
/** As in `policies`: how long Temporal makes up for a night. */
export const catchupHours = 12;
const longestLook = 60 * 24 * hourMs;

/**
 * The nights that were due while the local stack was stopped, or the machine off, as far as what
 * was noted of its schedules tells.
 * @param lastRan when Temporal last wrote
 */
export function stoppedNights(
  schedules: readonly NotedSchedule[],
  lastRan: Date,
  now = new Date(),
): NightProblem[] {
  const from = new Date(Math.max(lastRan.getTime(), now.getTime() - longestLook));
  return schedules.flatMap(({ scheduleId, when, paused }) => {
    const due = paused ? [] : dueOf(when, from, now);
    if (due.length === 0) return [];
    const timezone = zoneOf(when!);
    const still = due.filter((time) => now.getTime() - time.getTime() < catchupHours * hourMs);
    const nights = `${count(due.length)} since ${lastRan.toISOString().slice(0, 16)}Z, the last ${nightText(timezone, due.at(-1)!)}`;
    const made =
      still.length > 0
        ? `\`npx atelier up\` makes up for ${still.length === due.length ? 'them' : `the last ${still.length}`}`
        : '`npx atelier up` starts the next ones';
    const lost = due.length - still.length;
    const backfill = lost > 0 ? '; `npx atelier schedule --backfill FROM TO` for earlier ones' : '';
    return [{ found: `${scheduleId} went by without a run: ${nights}`, remedy: made + backfill }];
  });
}

const count = (nights: number): string => (nights === 1 ? 'one night' : `${nights} nights`);

// Noted as `<fields>, <zone>`.
const zoneOf = (when: string): string => when.slice(when.lastIndexOf(', ') + 2);

function dueOf(when: string | undefined, from: Date, to: Date): Date[] {
  if (when === undefined) return [];
  const { fields } = readCron(when.slice(0, when.lastIndexOf(', ')));
  return fields === undefined ? [] : dueTimes(fields, zoneOf(when), from, to);
}
