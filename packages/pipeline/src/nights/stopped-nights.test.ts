import { expect, test } from 'vitest';
import { stoppedNights } from './stopped-nights.ts';

const nightly = {
  ...{ scheduleId: 'atelier-nightly', when: '30 4 * * *, Europe/Berlin', paused: false },
};
const now = new Date('2026-11-27T10:00:00Z');
const since = (time: string) => stoppedNights([nightly], new Date(time), now);

test('a stack that was stopped over some nights says which it makes up for', () => {
  expect(since('2026-11-27T04:00:00Z')).toEqual([]);
  const [one] = since('2026-11-27T01:00:00Z');
  expect(one?.found).toContain('one night since 2026-11-27T01:00Z, the last Fri 27 Nov 2026 04:30');
  expect(one?.remedy).toBe('`npx atelier up` makes up for them');
  const [three] = since('2026-11-24T20:00:00Z');
  expect(three?.found).toContain('3 nights since');
  expect(three?.remedy).toMatch(/makes up for the last 1.*--backfill/);
});

test('one that is paused or has no fields is not counted', () => {
  const others = [
    { ...nightly, paused: true },
    { ...nightly, when: '@every 6h, UTC' },
    { scheduleId: 'atelier-other', paused: false },
  ];
  expect(stoppedNights(others, new Date('2026-11-20T00:00:00Z'), now)).toEqual([]);
});
