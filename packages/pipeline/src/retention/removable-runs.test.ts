import { expect, test } from 'vitest';
import type { Census } from './census.ts';
import { removableRuns } from './removable-runs.ts';

const now = Date.parse('2026-06-30T12:00:00Z');
const names = { blobs: new Map(), records: [], trainings: [] };
const at = (day: number, worksFor?: string) => ({
  ...{ status: 'finished', startedAt: `2026-01-0${day}T04:30:00Z`, names },
  ...(worksFor && { worksFor }),
});
const census = (runs: Record<string, ReturnType<typeof at>>): Census => ({
  ...{ objects: new Map(), unreadableRuns: new Map(), notes: new Map() },
  ...{ records: new Map(), epochs: new Map(), pointers: new Map() },
  runs: new Map(Object.entries(runs)),
});

test('seeds stay and go with the run that had them trained, and count as no runs', () => {
  const nights = census({
    ...{ first: at(1), 'first-seed1': at(1, 'first'), 'first-seed2': at(1, 'first') },
    ...{ second: at(2), 'second-seed3': at(2, 'second'), 'second-seed4': at(2, 'second') },
    // The night itself was removed by hand.
    'gone-seed5': at(3, 'gone'),
  });
  const kept = (keepLast: number): string[] =>
    removableRuns(nights, { keepLast, keepDays: 30, now }).sort();
  expect(kept(2)).toEqual(['first', 'first-seed1', 'first-seed2']);
  expect(kept(3)).toEqual([]);
  expect(removableRuns(nights, { keepLast: 0, keepDays: 365, now })).toEqual([]);
});
