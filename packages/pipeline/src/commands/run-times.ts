import { isOpen } from '../record/run-status.ts';
import { duration } from '../terminal/text.ts';

interface Times {
  startedAt: string;
  finishedAt?: string | undefined;
  status: string;
}

/** How long a run took, or has taken until now; undefined where nobody knows when it ended. */
export function secondsOf({ startedAt, finishedAt, status }: Times): number | undefined {
  if (finishedAt === undefined && !isOpen(status)) return undefined;
  const end = finishedAt === undefined ? Date.now() : Date.parse(finishedAt);
  return (end - Date.parse(startedAt)) / 1000;
}

export function tookText(times: Times): string {
  const seconds = secondsOf(times);
  return seconds === undefined ? '-' : duration(seconds);
}
