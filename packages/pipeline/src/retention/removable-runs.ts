import type { Census } from './census.ts';
import { hindrance } from './condemned.ts';

/** What a removal of old runs keeps. */
export interface Keeping {
  /** So many of the newest runs. */
  keepLast: number;
  /** Runs that were started within so many days. */
  keepDays: number;
}

/** What is kept where nobody says otherwise. */
export const usualKeeping: Keeping = { keepLast: 30, keepDays: 90 };

interface KeepTerms extends Keeping {
  /** Milliseconds since 1970. */
  now: number;
}

const day = 86_400_000;

/**
 * The runs that nobody asked to be kept, the oldest first. One that trained a seed for another run
 * counts with that one: it stays as long, and takes nobody's place among the newest.
 */
export function removableRuns(census: Census, { keepLast, keepDays, now }: KeepTerms): string[] {
  const all = [...census.runs].map(([run, { startedAt, worksFor }]) => ({
    ...{ run, time: Date.parse(startedAt) },
    ...(worksFor !== undefined && census.runs.has(worksFor) && { worksFor }),
  }));
  const newestFirst = all.sort((a, b) => b.time - a.time || (a.run < b.run ? 1 : -1));
  const isOld = ({ run, time }: { run: string; time: number }): boolean =>
    time < now - keepDays * day && hindrance(census, run, now) === undefined;
  const leaving = new Set(
    newestFirst
      .filter(({ worksFor }) => worksFor === undefined)
      .slice(keepLast)
      .filter(isOld)
      .map(({ run }) => run),
  );
  return newestFirst
    .filter((one) => leaving.has(one.worksFor ?? one.run) && isOld(one))
    .map(({ run }) => run)
    .reverse();
}
