import { expect, test } from 'vitest';
import { readCron } from './cron.ts';
import {
  checkZone,
  clockChanges,
  dueTimes,
  firstOfTwice,
  gapNights,
  localMinute,
  nightText,
  startOfDay,
} from './zone.ts';

const gaps = (cron: string, zone: string, from: string, to: string) =>
  gapNights(readCron(cron).fields!, zone, new Date(from), new Date(to));

test.each([
  ['30 2 * * *', 'Europe/Berlin', '2027-03-28'],
  ['30 2 * * *', 'America/New_York', '2027-03-14'],
  ['30 0 * * *', 'Africa/Cairo', '2027-04-30'],
  ['@daily', 'America/Havana', '2027-03-14'],
  ['30 23 * * 6', 'America/Nuuk', '2027-03-27'],
])('%s in %s is left out on %s', (cron, zone, date) => {
  const found = gaps(cron, zone, '2027-01-01', '2028-01-01');
  expect(found.map((night) => night.date)).toEqual([date]);
});

test('a gap is minutes long, and of the days that are meant', () => {
  expect(gaps('59 1 * * *', 'Europe/Berlin', '2027-01-01', '2028-01-01')).toEqual([]);
  expect(gaps('0 3 * * *', 'Europe/Berlin', '2027-01-01', '2028-01-01')).toEqual([]);
  expect(gaps('15 2 * * *', 'Australia/Lord_Howe', '2027-01-01', '2028-01-01')).toEqual([]);
  expect(gaps('30 2 * * 1-6', 'Europe/Berlin', '2027-01-01', '2028-01-01')).toEqual([]);
  expect(gaps('30 2 * * *', 'Europe/Berlin', '2026-11-27', '2028-11-27')).toEqual([
    { date: '2027-03-28', time: '02:30' },
    { date: '2028-03-26', time: '02:30' },
  ]);
});

// What the command takes by default and what its help shows: gaps of this decade begin between 22:00
// and 03:00, and end by 04:00.
test('half past four exists once every night, in every zone', () => {
  const from = Date.UTC(2026, 0, 1);
  const to = Date.UTC(2032, 0, 1);
  const minute = 4 * 60 + 30;
  for (const zone of Intl.supportedValuesOf('timeZone'))
    for (const { instant, before, after } of clockChanges(zone, from, to)) {
      const { hour, minute: shown } = localMinute(zone, instant - 60_000);
      const last = 60 * hour + shown;
      const [low, high] = [
        Math.min(last, last + after - before),
        Math.max(last, last + after - before),
      ];
      expect(low >= minute || high < minute, zone).toBe(true);
    }
});

test('nights between two moments are counted by the clock of the zone', () => {
  const due = (cron: string, from: string, to: string) =>
    dueTimes(readCron(cron).fields!, 'America/New_York', new Date(from), new Date(to)).map((time) =>
      time.toISOString().slice(0, 16),
    );
  expect(due('30 4 * * *', '2026-10-30T08:30Z', '2026-11-02T09:30Z')).toEqual([
    '2026-10-31T08:30',
    '2026-11-01T09:30',
    '2026-11-02T09:30',
  ]);
  expect(due('30 1 * * *', '2026-11-01T00:00Z', '2026-11-02T00:00Z')).toHaveLength(2);
  expect(due('30 2 * * *', '2027-03-14T00:00Z', '2027-03-15T00:00Z')).toEqual([]);
});

test('of two moments that look alike, the second is told', () => {
  const first = new Date('2026-10-25T00:30:00Z');
  const second = new Date('2026-10-25T01:30:00Z');
  expect(firstOfTwice('Europe/Berlin', second)).toEqual(first);
  expect(firstOfTwice('Europe/Berlin', first)).toBeUndefined();
  for (const once of ['2026-10-25T02:30:00Z', '2026-10-26T01:30:00Z', '2026-03-29T01:30:00Z'])
    expect(firstOfTwice('Europe/Berlin', new Date(once))).toBeUndefined();
  expect(firstOfTwice('Australia/Lord_Howe', new Date('2027-04-03T15:15:00Z'))).toEqual(
    new Date('2027-04-03T14:45:00Z'),
  );
});

test('days and nights are those of the zone', () => {
  expect(startOfDay('Europe/Berlin', '2027-03-28')).toEqual(new Date('2027-03-27T23:00:00Z'));
  expect(startOfDay('Europe/Berlin', '2027-03-29')).toEqual(new Date('2027-03-28T22:00:00Z'));
  expect(startOfDay('Asia/Kathmandu', '2027-01-01')).toEqual(new Date('2026-12-31T18:15:00Z'));
  expect(nightText('America/New_York', new Date('2026-11-28T09:30:00Z'))).toBe(
    'Sat 28 Nov 2026 04:30',
  );
});

test('a zone is a name of the database, however it is written', () => {
  expect(checkZone('europe/berlin')).toBe('Europe/Berlin');
  for (const zone of ['UTC', 'US/Pacific', 'Etc/GMT+5']) expect(checkZone(zone)).toBe(zone);
  for (const zone of ['Local', 'local', '+02:00', '', 'Nowhere/City', 'Europe/Berlim'])
    expect(() => checkZone(zone), zone).toThrow(JSON.stringify(zone));
  expect(() => checkZone('Europe/Berlim')).toThrow('Europe/Berlin');
});
