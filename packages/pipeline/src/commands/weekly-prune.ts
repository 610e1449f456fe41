import { UserError } from '@atelier/errors';
import { oneLine } from '@atelier/text';
import type { Client, ScheduleDescription } from '@temporalio/client';
import { readCron } from '../nights/cron.ts';
import {
  describeSchedule,
  existingSchedule,
  pruneName,
  scheduleIdOf,
  whenOf,
} from '../nights/schedules.ts';
import { nightText, ownZone } from '../nights/zone.ts';
import {
  keepingOf,
  type PastPrune,
  pastPrunes,
  schedulePrune,
} from '../retention/prune-schedule.ts';
import { type Keeping, usualKeeping } from '../retention/removable-runs.ts';
import { bold, type Console } from '../terminal/console.ts';
import { asUsage } from '../terminal/exit.ts';
import { type Column, tableLines } from '../terminal/table.ts';
import { bytesText } from '../terminal/text.ts';
import type { PruneOptions } from './prune-command.ts';
import { withSession } from './session.ts';

/** Sunday morning, when the night's run is over in most zones. */
const usualTime = '0 6 * * 0';

export interface WeeklyOptions extends PruneOptions {
  /** A cron, or true for the usual time. */
  weekly: string | true;
}

/** Makes the schedule by which old runs are removed, or changes what is given of it. */
export async function weeklyPrune(
  { weekly, keepLast, keepDays, yes = false, json = false }: WeeklyOptions,
  console: Console,
): Promise<void> {
  const cron = await asUsage(() => {
    if (yes) throw withYes();
    return weekly === true ? undefined : readCron(weekly);
  });
  await withSession(console, 'work', async ({ client }) => {
    const before = await describeSchedule(client, pruneName);
    const old = before && whenOf(before);
    const kept = { ...usualKeeping, ...(before && keepingOf(before)) };
    const when = {
      cron: cron ?? old?.cron ?? readCron(usualTime),
      timezone: old?.timezone ?? ownZone(),
    };
    const keeping = {
      keepLast: keepLast ?? kept.keepLast,
      keepDays: keepDays ?? kept.keepDays,
    };
    await schedulePrune(client, before, when, keeping);
    const shown = await showPrune(client, await existingSchedule(client, pruneName), console);
    if (json) console.result(JSON.stringify(shown));
  });
}

const withYes = (): UserError =>
  new UserError({
    what: '--weekly goes with no --yes: it removes nothing now.',
    where: '--yes',
    remedy: 'give one command after the other',
  });

const shownPrunes = 4;

/** When old runs are removed next, and what came of the last removals. */
export async function showPrune(client: Client, found: ScheduleDescription, console: Console) {
  const { cron, timezone } = whenOf(found);
  const { paused, note = '' } = found.state;
  const keeping = keepingOf(found);
  const next = paused ? [] : found.info.nextActionTimes.slice(0, 3);
  const last = await pastPrunes(client, found, shownPrunes);
  const when = `${cron?.text ?? 'times of its own'} (${timezone})`;
  console.line(`Schedule ${pruneName}: ${when}, removes old runs`, bold);
  console.line(`  keeps        ${keepingText(keeping)}`);
  if (paused) console.line(`  paused       ${note}`.trimEnd());
  for (const [i, time] of next.entries())
    console.line(`  ${i === 0 ? 'next        ' : '            '} ${nightText(timezone, time)}`);
  const lines = last.length > 0 ? tableLines(columns(timezone), last, console.columns) : [];
  for (const line of lines) console.line(`  ${line}`);
  return {
    ...{ scheduleId: scheduleIdOf(pruneName), cron: cron?.text ?? null, timezone, paused },
    ...{ ...keeping, next, last },
  };
}

const keepingText = (keeping: Keeping | undefined): string =>
  keeping === undefined
    ? 'what another version was told'
    : `the newest ${keeping.keepLast} runs, and those of ${keeping.keepDays} days`;

const columns = (timezone: string): Column<PastPrune>[] => [
  { header: 'last', cell: ({ due }) => nightText(timezone, new Date(due)) },
  { header: 'outcome', cell: ({ outcome }) => outcome },
  {
    header: 'removed',
    cell: ({ result }) => (result ? `${result.runs.length} runs, ${bytesText(result.bytes)}` : '-'),
  },
  { header: 'why', cell: ({ why = '' }) => oneLine(why.split('\n')[0]!), leaveOut: 1 },
];
