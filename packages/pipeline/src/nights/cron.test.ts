import { expect, test } from 'vitest';
import { fits, readCron } from './cron.ts';

const from = new Date('2026-11-27T00:00:00Z');
const at = (text: string) => {
  const [year, month, day, hour, minute] = text.split(/\D/).map(Number);
  return { year: year!, month: month!, day: day!, hour: hour!, minute: minute! };
};
const fitting = (cron: string, time: string): boolean =>
  fits(readCron(cron, from).fields!, at(time));

test.each([
  ['30 4 * * *', '2026-11-28 04:30', true],
  ['30 4 * * *', '2026-11-28 04:31', false],
  ['  30   4 * * 1-5 ', '2026-11-28 04:30', false],
  ['30 4 * * mon-FRI', '2026-11-27 04:30', true],
  ['30 4 * * 7', '2026-11-29 04:30', true],
  ['30 4 * * 5-7', '2026-11-29 04:30', true],
  ['*/20,5 4 * * *', '2026-11-28 04:40', true],
  ['*/20,5 4 * * *', '2026-11-28 04:05', true],
  ['50/3 4 * * *', '2026-11-28 04:59', true],
  ['10-20/5 4 * * *', '2026-11-28 04:25', false],
  ['0 0 1 jan *', '2027-01-01 00:00', true],
  // Temporal wants both, where some crons take either.
  ['30 4 13 * 5', '2026-11-13 04:30', true],
  ['30 4 13 * 5', '2026-11-27 04:30', false],
  ['@daily', '2026-11-28 00:00', true],
  ['@weekly', '2026-11-28 00:00', false],
])('%j at %s: %s', (cron, time, expected) => {
  expect(fitting(cron, time)).toBe(expected);
});

test.each([
  ['now and then', /five fields/, /3 in/],
  ['', /five fields/, /1 in ""/],
  // Temporal takes a sixth for the year, and seven begin with seconds.
  ['0 30 4 * * *', /five fields/, /6 in/],
  ['0 30 4 * * * 2027', /five fields/, /7 in/],
  ['CRON_TZ=UTC 30 4 * * *', /five fields/, /6 in/],
  ['30 4 * * * # nightly', /five fields/, /7 in/],
  ['60 4 * * *', /minute: 0 to 59/, /"60"/],
  ['30 24 * * *', /hour: 0 to 23/, /"24"/],
  ['30 4 0 * *', /day of the month: 1 to 31/, /"0"/],
  ['30 4 * 13 *', /month: 1 to 12 or jan to dec/, /"13"/],
  ['30 4 * * 8', /day of the week/, /"8"/],
  ['30 4 * * fri-mon', /day of the week/, /"fri-mon"/],
  ['*/0 4 * * *', /minute/, /"\*\/0"/],
  ['*-5 4 * * *', /minute/, /"\*-5"/],
  ['1,,2 4 * * *', /minute/, /""/],
  ['30 4 30 2 *', /a day that comes/, /30 4 30 2/],
  ['30 4 31 4,6,9,11 *', /a day that comes/, /31 4/],
  ['@nightly', /@daily/, /"@nightly"/],
  ['@every 0s', /@every/, /@every 0s/],
  ['@every', /@every/, /"@every"/],
])('%j is refused', (cron, ...parts) => {
  for (const part of parts) expect(() => readCron(cron, from)).toThrow(part);
});

test('rare days come all the same, and @every has no time of day', () => {
  expect(readCron('0 5 29 2 1', from).fields).toBeDefined();
  expect(readCron('@every 6h/30m', from)).toEqual({ text: '@every 6h/30m' });
});
