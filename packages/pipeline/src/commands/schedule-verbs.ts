import { UserError } from '@atelier/errors';
import { configurationFlags } from '../configuration/flags.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage } from '../terminal/exit.ts';
import type { ScheduleCommandOptions } from './schedule-command.ts';

/** What `schedule` does instead of making or changing one, by its flag. */
const verbs = {
  show: async (options: ScheduleCommandOptions, console: Console) =>
    (await import('./show-schedule.ts')).showSchedule(options, console),
  pause: async (options: ScheduleCommandOptions, console: Console) =>
    (await import('./steer-schedule.ts')).pause(options, console),
  resume: async (options: ScheduleCommandOptions, console: Console) =>
    (await import('./steer-schedule.ts')).resume(options, console),
  trigger: async (options: ScheduleCommandOptions, console: Console) =>
    (await import('./steer-schedule.ts')).trigger(options, console),
  backfill: async (options: ScheduleCommandOptions, console: Console) =>
    (await import('./steer-schedule.ts')).backfill(options, console),
};

const settings = ['cron', 'timezone', 'whenParked', 'reference', 'recipe', 'config'];

/** One command, for a schedule and all that is done with it. */
export async function scheduleVerb(
  options: ScheduleCommandOptions,
  console: Console,
): Promise<void> {
  const verb = await asUsage(() => verbOf(options));
  if (verb !== undefined) return verbs[verb](options, console);
  await (await import('./schedule-command.ts')).schedule(options, console);
}

function verbOf(options: ScheduleCommandOptions): keyof typeof verbs | undefined {
  const given = (Object.keys(verbs) as (keyof typeof verbs)[]).filter(
    (name) => options[name] !== undefined,
  );
  const [verb, ...others] = given;
  if (verb === undefined) return undefined;
  const changes = [...settings, ...configurationFlags.map(({ flag }) => flag)];
  const beside = [...others, ...changes.filter((name) => options[name] !== undefined)];
  if (beside.length === 0) return verb;
  throw new UserError({
    what: `--${verb} goes with no other change.`,
    where: `--${beside[0]}`,
    expected: `--${verb} alone, or with --name and --json`,
    remedy: 'give one command after the other',
  });
}
