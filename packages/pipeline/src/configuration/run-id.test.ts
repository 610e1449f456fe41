import { expect, test } from 'vitest';
import { checkRunId, newRunId } from './run-id.ts';

test('run ids sort by time and differ', () => {
  const earlier = newRunId(new Date('2026-01-31T02:00:00Z'));
  const later = newRunId(new Date('2026-01-31T02:00:01Z'));
  expect(earlier).toMatch(/^20260131-020000-[a-z2-9]{4}$/);
  expect([later, earlier].sort()).toEqual([earlier, later]);
  expect(new Set(Array.from({ length: 50 }, () => newRunId())).size).toBeGreaterThan(45);
});

test.each(['', '-a', 'a b', 'a/b', '..', 'ü', 'a'.repeat(101), 'latest', 'train-wide'])(
  '%j is no run id',
  (name) => {
    expect(() => checkRunId(name)).toThrow(/--run/);
  },
);

test.each(['wide-1', '20260131-020000-k7wq', 'nightly-2026-01-31T02:00:00Z'])(
  '%s is one',
  (name) => {
    expect(checkRunId(name)).toBe(name);
  },
);
