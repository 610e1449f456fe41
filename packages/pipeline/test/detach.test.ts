import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runIdOf, workflowIdOf } from '../src/names.ts';
import { fits, readCron } from '../src/nights/cron.ts';
import { matchingTimes, type Night } from '../src/nights/past-nights.ts';
import { scheduleIdOf, specOf, whenOf } from '../src/nights/schedules.ts';
import { firstOfTwice, gapNights, localMinute } from '../src/nights/zone.ts';
import { searchable } from '../src/searchable.ts';
import { type AtelierStack, quick, startAtelierStack } from './atelier-stack.ts';
import { until } from './until.ts';

let at: AtelierStack;
let dataset: string;
let connection: Connection;
let client: Client;
const small = ['--widths', '16', '--residual', '0'];

beforeAll(async () => {
  at = await startAtelierStack();
  dataset = await at.dataset('detach');
  connection = await Connection.connect({ address: at.stack.state.temporal.address });
  client = new Client({ connection });
});
afterAll(async () => {
  await connection?.close();
  await at?.stop();
});

test('Ctrl-C stops following; the run goes on and can be followed again', async () => {
  const options = ['--dataset', dataset, ...small, '--epochs', '60', '--run', 'left-alone'];
  const left = await at.atelier(['start', ...options], {}, (child) => {
    child.stdout.on('data', (text) => {
      if (/is started/.test(String(text))) setTimeout(() => child.kill('SIGINT'), 1_000);
    });
  });
  expect(left.code).toBe(130);
  expect(left.stdout).toContain('The run goes on without you.');
  expect(left.stdout).toContain('npx atelier follow left-alone');

  const followed = await at.atelier(['follow', '--run', 'left-alone', '--json']);
  expect(followed.code).toBe(0);
  expect(followed.json()).toMatchObject({ runId: 'left-alone' });
  expect(followed.stderr).toMatch(/^ *60\/60 /m);
});

test('a detached start says how to follow and returns at once', async () => {
  const options = [
    '--dataset',
    dataset,
    ...small,
    '--epochs',
    '60',
    '--run',
    'twin',
    '--detach',
    '--json',
  ];
  const started = await at.atelier(['start', ...options]);
  expect(started.code).toBe(0);
  expect(started.json()).toEqual({ runId: 'twin', workflowId: 'train-twin', detached: true });
  expect((await at.atelier(['follow', 'twin'])).code).toBe(0);
});

const timesBetween = (scheduleId: string, from: string, to: string): Promise<Date[]> =>
  matchingTimes(client, 'default', scheduleId, new Date(from), new Date(to));

test.each([
  // The hour that is jumped over, and the one that comes twice.
  ['30 2 * * *', 'Europe/Berlin', ['2027-03-28'], 0],
  ['30 1 * * *', 'America/New_York', [], 1],
  ['30 2 * * *', 'America/New_York', ['2027-03-14'], 0],
  ['15 2 * * *', 'Australia/Lord_Howe', [], 0],
  ['30 0 * * *', 'Africa/Cairo', ['2027-04-30'], 0],
  ['30 4 * * *', 'Europe/Berlin', [], 0],
  ['30 4 * * *', 'America/New_York', [], 0],
  ['30 4 * * *', 'Australia/Lord_Howe', [], 0],
  ['*/40 4-5/1 1,15 jan-mar mon-5', 'Asia/Kathmandu', [], 0],
] as const)(
  '%s in %s is a year of nights, as Temporal says',
  async (text, zone, leftOut, twice) => {
    const cron = readCron(text);
    const scheduleId = scheduleIdOf('times');
    const action = {
      type: 'startWorkflow',
      workflowType: 'none',
      taskQueue: 'none',
      args: [],
    } as const;
    const state = { paused: true };
    const spec = specOf({ cron, timezone: zone });
    const handle = await client.schedule.create({ scheduleId, spec, action, state });
    try {
      const times = await timesBetween(scheduleId, '2027-01-01T00:00:00Z', '2028-01-01T00:00:00Z');
      const nights = times.map((time) => localMinute(zone, time.getTime()));
      const isMeant = nights.map((night) => fits(cron.fields!, night));
      // Where half an hour is left out, the night is that much later.
      expect(isMeant.filter((meant) => !meant)).toHaveLength(text.startsWith('15') ? 1 : 0);
      const dates = new Set(nights.map(({ month, day }) => `${month}/${day}`));
      if (text.endsWith('* * *')) expect(dates.size).toBe(365 - leftOut.length);
      const doubled = times.filter((time) => {
        const first = firstOfTwice(zone, time);
        return first && times.some((other) => other.getTime() === first.getTime());
      });
      expect(doubled).toHaveLength(twice);
      const gaps = gapNights(cron.fields!, zone, new Date('2027-01-01'), new Date('2028-01-01'));
      expect(gaps.map(({ date }) => date)).toEqual(leftOut);
      // What Temporal makes of the fields is read back as they mean.
      const again = whenOf(await handle.describe());
      expect(again).toMatchObject({ timezone: zone, cron: { fields: cron.fields } });
    } finally {
      await handle.delete();
    }
  },
);

/** A run of the schedule that is none of these. */
const newNight = (scheduleId: string, known: readonly string[]): Promise<string> =>
  until(`another night than ${known.length}`, async () => {
    const query = `TemporalScheduledById = "${scheduleId}"`;
    for await (const { workflowId } of client.workflow.list({ query }))
      if (!known.includes(runIdOf(workflowId))) return runIdOf(workflowId);
    return undefined;
  });

const stageOf = async (runId: string): Promise<string | undefined> => {
  const { typedSearchAttributes } = await client.workflow.getHandle(workflowIdOf(runId)).describe();
  return (
    typedSearchAttributes.get(searchable.attention) ?? typedSearchAttributes.get(searchable.stage)
  );
};
const standsAt = (runId: string, stage: string) =>
  until(`${runId} at ${stage}`, async () => ((await stageOf(runId)) === stage ? true : undefined));
const recordOf = (runId: string, status: string) =>
  until(`${runId} ${status}`, async () => {
    if (!(await at.store.hasRunFile(runId, 'run.json'))) return undefined;
    const record = await at.runRecord(runId);
    return record.status === status ? record : undefined;
  });

test('nights of a schedule give way, wait and are skipped, but block none', async () => {
  const absent = join(at.folder, 'absent.json');
  const descriptor = JSON.parse(await readFile(await at.served('absent'), 'utf8'));
  const mirrors = [`${descriptor.mirrors[0]}/nowhere`];
  await writeFile(absent, JSON.stringify({ ...descriptor, mirrors }));
  const nightly = scheduleIdOf('nightly');
  const trigger = async () => {
    // Temporal calls a night by its second: two in one are one.
    await sleep(1_000);
    await client.schedule.getHandle(nightly).trigger('ALLOW_ALL');
  };

  const made = await at.atelier([
    ...['schedule', '--dataset', absent, ...quick, '--epochs', '5000', '--json'],
    ...['--cron', '30 2 * * *', '--timezone', 'europe/berlin'],
  ]);
  expect(made.json()).toMatchObject({
    ...{ scheduleId: nightly, cron: '30 2 * * *', timezone: 'Europe/Berlin', change: 'made' },
    leftOut: expect.arrayContaining([{ date: '2027-03-28', time: '02:30' }]),
  });
  expect(made.stderr).toContain('never show 02:30 on 2027-03-28');
  expect((await at.atelier(['schedule', '--trigger'])).code).toBe(0);
  const parked = await newNight(nightly, []);
  await standsAt(parked, 'data: UserError');

  const changed = await at.atelier(['schedule', '--dataset', dataset, '--cron', '30 4 * * *']);
  expect(changed.stdout).toMatch(/is changed: 30 4 \* \* \* \(Europe\/Berlin\)/);
  expect(changed.stdout).toContain('cron: 30 2 * * * → 30 4 * * *');
  expect(changed.stdout).toContain('dataset: absent → detach');
  expect(changed.stdout).not.toContain('epochs');
  await trigger();
  const training = await newNight(nightly, [parked]);
  const { seed, startedBy, why } = await recordOf(parked, 'failed');
  expect(seed).toBeGreaterThan(1);
  expect(startedBy).toEqual({ kind: 'schedule', name: nightly });
  expect(why).toMatchObject({ stage: 'data', kind: 'GaveWay' });
  expect(why?.message).toContain(`when ${training} was due: `);
  await standsAt(training, 'train');

  // Two trainings of one schedule do not go on side by side, and no more than one waits.
  await trigger();
  const waiting = await newNight(nightly, [parked, training]);
  await recordOf(waiting, 'running');
  await trigger();
  const last = await newNight(nightly, [parked, training, waiting]);
  await recordOf(waiting, 'skipped');
  expect(await stageOf(last)).toBeUndefined();

  const shown = await at.atelier(['schedule', '--show', '--json']);
  const [{ last: nights, ...schedule }] = JSON.parse(shown.stdout);
  expect(schedule).toMatchObject({ paused: false, whenParked: 'next-night', blocks: false });
  expect(nights.map(({ runId, outcome }: Night) => [runId, outcome])).toEqual([
    [last, 'running'],
    [waiting, 'skipped'],
    [training, 'running'],
    [parked, 'failed'],
  ]);
  await client.workflow.getHandle(workflowIdOf(training)).cancel();
  await standsAt(last, 'train');
  expect((await at.atelier(['unschedule'])).stdout).toContain('atelier-nightly is gone');
  await client.workflow.getHandle(workflowIdOf(last)).cancel();
  await recordOf(last, 'cancelled');
});
