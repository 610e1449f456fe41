import { UserError } from '@atelier/errors';
import { show } from '@atelier/settings';
import type { Client, ScheduleDescription } from '@temporalio/client';
import { ScheduleNotFoundError } from '@temporalio/client';
import { matchingTimes } from '../nights/past-nights.ts';
import { notePause, noteResume } from '../nights/pauses.ts';
import {
  checkScheduleName,
  defaultName,
  existingSchedule,
  nightOf,
  pruneName,
  scheduleIdOf,
  whenOf,
} from '../nights/schedules.ts';
import { nightText, startOfDay } from '../nights/zone.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage } from '../terminal/exit.ts';
import { noteSchedules } from './schedule-note.ts';
import type { Purpose } from './services.ts';
import { type Session, withSession } from './session.ts';

export interface SteerOptions extends Record<string, unknown> {
  name?: string;
  backfill?: string[];
  json?: boolean;
}

/** Runs the body with a schedule that there is. */
async function withSchedule(
  { name = defaultName, json = false }: SteerOptions,
  console: Console,
  purpose: Purpose,
  body: (session: Session, found: ScheduleDescription, name: string) => Promise<object>,
): Promise<void> {
  await asUsage(() => checkScheduleName(name));
  await withSession(console, purpose, async (session) => {
    const result = await body(session, await existingSchedule(session.client, name), name);
    await noteSchedules(session, name);
    if (json) console.result(JSON.stringify({ scheduleId: scheduleIdOf(name), ...result }));
  });
}

const handleOf = (client: Client, name: string) => client.schedule.getHandle(scheduleIdOf(name));

export const pause = (options: SteerOptions, console: Console): Promise<void> =>
  withSchedule(options, console, 'read', async ({ client }, { state }, name) => {
    if (state.paused) console.line(`Schedule ${name} is paused already.`);
    else {
      await handleOf(client, name).pause(notePause(state.note, new Date()));
      console.line(`Schedule ${name} is paused; runs that it started go on.`);
    }
    return { paused: true };
  });

export const resume = (options: SteerOptions, console: Console): Promise<void> =>
  withSchedule(options, console, 'read', async ({ client }, { state }, name) => {
    if (!state.paused) console.line(`Schedule ${name} is not paused.`);
    else {
      // Temporal refuses an empty note.
      const note = noteResume(state.note, new Date()) || 'resumed';
      await handleOf(client, name).unpause(note);
      const after = await existingSchedule(client, name);
      const [next] = after.info.nextActionTimes;
      const { timezone } = whenOf(after);
      console.line(`Schedule ${name} goes on${next ? `: ${nightText(timezone, next)}` : ''}.`);
    }
    return { paused: false };
  });

/** Starts a run now, as if a night were due. */
export const trigger = (options: SteerOptions, console: Console): Promise<void> =>
  withSchedule(options, console, 'work', async ({ client }, _, name) => {
    if (name === pruneName) {
      await handleOf(client, name).trigger();
      console.line(`Old runs are removed: \`npx atelier schedule --name ${name} --show\`.`);
      return { triggered: true };
    }
    await handleOf(client, name).trigger('ALLOW_ALL');
    console.line(`A run of schedule ${name} is started: \`npx atelier follow\`.`);
    return { triggered: true };
  });

/** Makes up for nights that have no run, one after the other. */
export async function backfill(options: SteerOptions, console: Console): Promise<void> {
  const [first, last] = await asUsage(() => readDays(options));
  await withSchedule(
    options,
    console,
    'work',
    async ({ client, namespace, store }, found, name) => {
      const { timezone } = whenOf(found);
      const now = new Date();
      const from = startOfDay(timezone, first);
      const nextDay = new Date(Date.parse(`${last}T00:00:00Z`) + 86_400_000);
      const end = startOfDay(timezone, nextDay.toISOString().slice(0, 10)).getTime() - 1_000;
      const to = new Date(Math.min(end, now.getTime()));
      const due =
        from < to ? await matchingTimes(client, namespace, scheduleIdOf(name), from, to) : [];
      const has = await Promise.all(
        due.map((time) => store.hasRunFile(nightOf(name, time), 'run.json')),
      );
      const nights = due.filter((_, i) => !has[i]);
      if (nights.length > 0)
        await handleOf(client, name).backfill(
          // Each by itself, with the second before it: a night that has a run gets no other.
          nights.map((time) => ({
            start: new Date(time.getTime() - 1_000),
            end: time,
            overlap: 'BUFFER_ALL' as const,
          })),
        );
      const already = due.length - nights.length;
      if (due.length === 0) console.line(`No night of schedule ${name} was due then.`);
      if (nights.length > 0)
        console.line(`Of schedule ${name} ${nightsText(nights.length)} made up for, one by one:`);
      for (const time of nights)
        console.line(`  ${nightText(timezone, time)}  ${nightOf(name, time)}`);
      if (already > 0) console.line(`Left as they are: ${already}, which have a run already.`);
      return { nights: nights.map((time) => nightOf(name, time)), already };
    },
  );
}

const nightsText = (count: number): string =>
  count === 1 ? 'one night is' : `${count} nights are`;

function readDays({ name, backfill: given = [] }: SteerOptions): [string, string] {
  if (name === pruneName)
    throw new UserError({
      what: 'A removal of old runs needs no making up for: the next one removes all.',
      where: '--backfill',
      remedy: `\`npx atelier schedule --name ${name} --trigger\` removes them now`,
    });
  const [first, last] = given;
  const isDay = (text?: string) =>
    /^\d{4}-\d\d-\d\d$/.test(text ?? '') && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
  if (given.length === 2 && isDay(first) && isDay(last) && first! <= last!) return [first!, last!];
  throw new UserError({
    what: 'These cannot be the days to make up for.',
    where: '--backfill',
    expected: 'the first and the last day, such as 2026-11-20 2026-11-26',
    found: show(given.join(' ')),
  });
}

export async function unschedule(
  { name = defaultName }: SteerOptions,
  console: Console,
): Promise<void> {
  await asUsage(() => checkScheduleName(name));
  await withSession(console, 'read', async (session) => {
    try {
      await handleOf(session.client, name).delete();
      console.line(`Schedule ${scheduleIdOf(name)} is gone; runs that it started go on.`);
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
      console.line(
        name === defaultName ? 'There is no schedule.' : `There is no schedule ${name}.`,
      );
    }
    await noteSchedules(session, name);
  });
}
