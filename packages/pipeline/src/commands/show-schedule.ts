import { oneLine } from '@atelier/text';
import type { Client, ScheduleDescription } from '@temporalio/client';
import { dueText, type Night, pastNights } from '../nights/past-nights.ts';
import {
  checkScheduleName,
  configOf,
  describeSchedule,
  existingSchedule,
  policies,
  pruneName,
  scheduleIdOf,
  scheduleNameOf,
  scheduleNames,
  whenOf,
} from '../nights/schedules.ts';
import { gapNights, nightText } from '../nights/zone.ts';
import { bold, type Console } from '../terminal/console.ts';
import { asUsage } from '../terminal/exit.ts';
import { type Column, tableLines } from '../terminal/table.ts';
import { gapWarnings } from './schedule-command.ts';
import { type Session, withSession } from './session.ts';
import { showPrune } from './weekly-prune.ts';

export interface ShowScheduleOptions extends Record<string, unknown> {
  name?: string;
  json?: boolean;
}

const shownNights = 7;

/** The next nights of a schedule, or of all, and what came of the last ones. */
export async function showSchedule(
  { name, json = false }: ShowScheduleOptions,
  console: Console,
): Promise<void> {
  if (name !== undefined) await asUsage(() => checkScheduleName(name));
  await withSession(console, 'read', async (session) => {
    const { client } = session;
    const found =
      name === undefined ? await allSchedules(client) : [await existingSchedule(client, name)];
    const shown = [];
    for (const one of found)
      shown.push(
        one.scheduleId === scheduleIdOf(pruneName)
          ? await showPrune(client, one, console)
          : await showOne(session, one, console),
      );
    if (found.length === 0) console.line('There is no schedule: `npx atelier schedule` makes one.');
    if (json) console.result(JSON.stringify(shown));
  });
}

/** Those of nights, then that of the removal of old runs. */
async function allSchedules(client: Client): Promise<ScheduleDescription[]> {
  const names = [...(await scheduleNames(client)), pruneName];
  const found = await Promise.all(names.map((name) => describeSchedule(client, name)));
  return found.filter((one) => one !== undefined);
}

async function showOne(session: Session, found: ScheduleDescription, console: Console) {
  const { scheduleId, info, state } = found;
  const { cron, timezone } = whenOf(found);
  const { dataset, whenParked = 'next-night' } = configOf(found);
  const name = scheduleNameOf(scheduleId);
  const next = state.paused ? [] : info.nextActionTimes.slice(0, 3);
  const last = await pastNights(session, found, shownNights);
  console.line(`Schedule ${name}: ${cron?.text ?? 'times of its own'} (${timezone})`, bold);
  console.line(`  dataset      ${dataset.name}`);
  console.line(`  when parked  ${parkedWords[whenParked] ?? `ends as failed after ${whenParked}`}`);
  if (state.paused) console.line(`  paused       ${state.note ?? ''}`.trimEnd());
  for (const [i, time] of next.entries())
    console.line(`  ${i === 0 ? 'next nights ' : '            '} ${nightText(timezone, time)}`);
  const lines = last.length > 0 ? tableLines(columns(timezone), last, console.columns) : [];
  for (const line of lines) console.line(`  ${line}`);
  const leftOut = cron?.fields ? gapNights(cron.fields, timezone, new Date()) : [];
  for (const line of gapWarnings(leftOut, timezone)) console.warn(line);
  const blocks = found.policies.overlap !== policies.overlap;
  if (blocks)
    console.warn(
      `! An earlier version made this schedule: a night that goes on or is parked blocks the next. \`npx atelier schedule --name ${name}\` changes that.`,
    );
  return {
    ...{ scheduleId, cron: cron?.text ?? null, timezone, paused: state.paused, whenParked },
    ...{ next, last, leftOut, blocks },
  };
}

const parkedWords: Readonly<Record<string, string>> = {
  'next-night': 'ends as failed when the next night is due',
  wait: 'waits for a person, however long',
};

const columns = (timezone: string): Column<Night>[] => [
  {
    header: 'last nights',
    cell: (night) => dueText(timezone, night),
  },
  { header: 'outcome', cell: ({ outcome }) => outcome },
  { header: 'run', cell: ({ runId = '-' }) => runId, leaveOut: 1 },
  { header: 'why', cell: whyCell, leaveOut: 2 },
];

function whyCell({ why, hoursLate }: Night): string {
  const late = hoursLate === undefined ? '' : `started ${hoursLate.toFixed(1)} h late`;
  return oneLine([late, why?.split('\n')[0]].filter(Boolean).join('; '));
}
