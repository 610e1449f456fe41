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

/** The runs that nobody asked to be kept, the oldest first. */
export function removableRuns(census: Census, { keepLast, keepDays, now }: KeepTerms): string[] {
  const newestFirst = [...census.runs]
    .map(([run, { startedAt }]) => ({ run, time: Date.parse(startedAt) }))
    .sort((a, b) => b.time - a.time || (a.run < b.run ? 1 : -1));
  return newestFirst
    .slice(keepLast)
    .filter(({ time }) => time < now - keepDays * day)
    .filter(({ run }) => hindrance(census, run, now) === undefined)
    .map(({ run }) => run)
    .reverse();
}
