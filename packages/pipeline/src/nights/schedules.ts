import { UserError } from '@atelier/errors';
import { bounded, plainMarkdown } from '@atelier/text';
import {
  type CalendarSpecDescription,
  type Client,
  DAYS_OF_WEEK,
  MONTHS,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleOptionsStartWorkflowAction,
  type ScheduleSpec,
} from '@temporalio/client';
import { pipelineQueue, workflowIdOf, workflowType } from '../names.ts';
import { type RunConfig, runConfigSchema } from '../run-configuration.ts';
import type { trainingPipeline } from '../workflow/index.ts';
import { type Cron, readCron } from './cron.ts';
import { catchupHours } from './stopped-nights.ts';

const prefix = 'atelier-';
export const defaultName = 'nightly';
/** Of the removal of old runs, see retention/prune-schedule.ts. */
export const pruneName = 'prune';

/** A schedule's id in Temporal. Its nights' ids begin with its name. */
export const scheduleIdOf = (name: string): string => `${prefix}${name}`;
export const scheduleNameOf = (scheduleId: string): string => scheduleId.slice(prefix.length);

/** The run of a schedule that was due at a time, as Temporal names it. */
export const nightOf = (name: string, due: Date): string =>
  `${name}-${due.toISOString().slice(0, 19)}Z`;

/** @throws UserError for what cannot begin the names of runs */
export function checkScheduleName(name: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) return name;
  throw new UserError({
    what: 'This cannot be the name of a schedule.',
    where: '--name',
    expected: 'up to 40 small letters, digits and dashes',
    found: bounded(JSON.stringify(name), 200),
  });
}

/** Undefined where there is no such schedule. */
export async function describeSchedule(
  client: Client,
  name: string,
): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(scheduleIdOf(name)).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** @throws UserError where there is none, naming those that there are */
export async function existingSchedule(client: Client, name: string): Promise<ScheduleDescription> {
  const found = await describeSchedule(client, name);
  if (found !== undefined) return found;
  const names = await scheduleNames(client);
  throw new UserError({
    what: `There is no schedule ${name}.`,
    found: names.length > 0 ? names.join(', ') : 'no schedule at all',
    remedy: `\`npx atelier ${name === pruneName ? 'prune --weekly' : 'schedule'}\` makes one`,
  });
}

/** Those that start runs; one that was made a moment ago may be missing. */
export async function scheduleNames(client: Client): Promise<string[]> {
  return (await schedulesOfRuns(client)).map(({ name }) => name);
}

/** What their nights are configured with, of whatever version; those of paused ones, too. */
export async function scheduledConfigurations(client: Client): Promise<unknown[]> {
  const names = await scheduleNames(client);
  const found = await Promise.all(names.map((name) => describeSchedule(client, name)));
  return found.map((schedule) => schedule?.action.args?.[0]);
}

/** Those of them that are to start one. */
export async function goingSchedules(client: Client): Promise<GoingSchedule[]> {
  const going = (await schedulesOfRuns(client)).filter((it) => !it.isPaused);
  return Promise.all(
    going.map(async ({ name }) => {
      const { info } = await client.schedule.getHandle(scheduleIdOf(name)).describe();
      return { name, createdAt: info.createdAt };
    }),
  );
}

export interface GoingSchedule {
  name: string;
  createdAt: Date;
}

async function schedulesOfRuns(client: Client): Promise<{ name: string; isPaused: boolean }[]> {
  const found: { name: string; isPaused: boolean }[] = [];
  for await (const { scheduleId, action, state } of client.schedule.list())
    if (scheduleId.startsWith(prefix) && action?.workflowType === workflowType)
      found.push({ name: scheduleNameOf(scheduleId), isPaused: state.paused });
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Every night is started, whatever earlier ones do: they give way, or this one waits for them, see
 * `night-activities.ts`. Temporal's own policies would leave nights out without a trace.
 */
export const policies = {
  overlap: 'ALLOW_ALL' as const,
  // A night that the service or the machine slept through is made up for until the afternoon.
  catchupWindow: `${catchupHours} hours` as const,
  pauseOnFailure: false,
};

/** What a schedule starts. Temporal appends the scheduled time to the id, which makes the run's. */
export const actionOf = (
  name: string,
  config: RunConfig,
): ScheduleOptionsStartWorkflowAction<typeof trainingPipeline> => ({
  type: 'startWorkflow',
  workflowType,
  workflowId: workflowIdOf(name),
  taskQueue: pipelineQueue,
  args: [config],
  memo: { dataset: config.dataset.name, epochs: config.recipe.epochs, seed: config.seed },
  staticSummary: `${name === defaultName ? 'Nightly training' : `Training of schedule ${name}`} on ${plainMarkdown(config.dataset.title)}`,
});

/** When a schedule starts its runs. */
export interface When {
  /** Undefined where it was made elsewhere, by rules that five fields cannot say. */
  cron: Cron | undefined;
  timezone: string;
}

export const specOf = ({ cron, timezone }: { cron: Cron; timezone: string }): ScheduleSpec => ({
  cronExpressions: [cron.text],
  timezone,
});

/** Temporal keeps no fields, but what it made of them. */
export function whenOf({ spec }: Pick<ScheduleDescription, 'spec'>): When {
  const { calendars = [], intervals = [], skip = [], timezone } = spec;
  const [calendar] = calendars;
  const [interval] = intervals;
  const isOurs = calendars.length + intervals.length === 1 && skip.length === 0 && !spec.jitter;
  const text = !isOurs
    ? undefined
    : calendar
      ? fieldsText(calendar)
      : interval && everyText(interval.every, interval.offset);
  return { cron: cronOf(text), timezone: timezone || 'UTC' };
}

/** Temporal takes what never comes, too. */
function cronOf(text: string | undefined): Cron | undefined {
  try {
    return text === undefined ? undefined : readCron(text);
  } catch {
    return undefined;
  }
}

function fieldsText(calendar: CalendarSpecDescription): string | undefined {
  const { second, minute, hour, dayOfMonth, month, dayOfWeek, year } = calendar;
  const isWhole = second.length === 1 && second[0]!.start === 0 && second[0]!.end === 0;
  if (!isWhole || year.length > 0) return undefined;
  const months = month.map(({ start, end, step }) => ({
    ...{ start: MONTHS.indexOf(start) + 1, end: MONTHS.indexOf(end) + 1, step },
  }));
  const days = dayOfWeek.map(({ start, end, step }) => ({
    ...{ start: DAYS_OF_WEEK.indexOf(start), end: DAYS_OF_WEEK.indexOf(end), step },
  }));
  return [
    rangesText(minute, 0, 59),
    rangesText(hour, 0, 23),
    rangesText(dayOfMonth, 1, 31),
    rangesText(months, 1, 12),
    rangesText(days, 0, 6),
  ].join(' ');
}

interface Range {
  start: number;
  end: number;
  step: number;
}

const rangesText = (ranges: readonly Range[], first: number, last: number): string =>
  ranges
    .map(({ start, end, step }) => {
      const whole = start === first && end === last;
      const span = whole ? '*' : start === end ? `${start}` : `${start}-${end}`;
      return step === 1 ? span : `${span}/${step}`;
    })
    .join(',');

const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };

function everyText(every: number, offset: number): string {
  const duration = (ms: number): string => {
    const [unit, size] = Object.entries(units).find(([, size]) => ms % size === 0) ?? ['s', 1_000];
    return `${Math.round(ms / size)}${unit}`;
  };
  return `@every ${duration(every)}${offset ? `/${duration(offset)}` : ''}`;
}

/**
 * What a schedule's nights are configured with, in today's form.
 * @throws UserError where another version made it and this one cannot read it
 */
export function configOf({ scheduleId, action }: ScheduleDescription): RunConfig {
  const { data, error } = runConfigSchema.safeParse(action.args?.[0]);
  if (data !== undefined) return data;
  const name = scheduleNameOf(scheduleId);
  throw new UserError({
    what: `The configuration of schedule ${name} cannot be read.`,
    where: error.issues[0]!.path.join('.') || 'the argument of its workflow',
    expected: error.issues[0]!.message,
    remedy: `\`npx atelier unschedule --name ${name}\`, then schedule it anew`,
  });
}
