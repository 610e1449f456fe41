import { UserError } from '@atelier/errors';
import { plainMarkdown } from '@atelier/text';
import { ScheduleNotFoundError, type ScheduleOptions } from '@temporalio/client';
import { readConfig } from '../configuration/read-config.ts';
import { pipelineQueue, workflowIdOf, workflowType } from '../names.ts';
import type { RunConfig } from '../run-configuration.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage, CommandFailure, exitCodes } from '../terminal/exit.ts';
import type { trainingPipeline } from '../workflow/index.ts';
import { checkDataset } from './check-dataset.ts';
import { noteSchedule, scheduleId } from './schedule-note.ts';
import { type Session, withSession } from './session.ts';
import { attributesUsable, type StartOptions } from './start-command.ts';

export interface ScheduleCommandOptions extends StartOptions {
  cron: string;
  timezone?: string;
}

/** A night that the service or the machine slept through is made up for until the afternoon. */
const catchupWindow = '12 hours';

/** Makes or changes the nightly run. Every night has a seed of its own, unless one is set. */
export async function schedule(options: ScheduleCommandOptions, console: Console): Promise<void> {
  const { cron, timezone = Intl.DateTimeFormat().resolvedOptions().timeZone } = options;
  const config = await asUsage(() => readConfig(options, 'nightly'));
  await withSession(console, 'work', async (session) => {
    await session.store.ensureBucket();
    await asUsage(() => checkDataset(session, config));
    const searchAttributes = await attributesUsable(session, console);
    const wanted = scheduleOptions({ ...config, searchAttributes }, cron, timezone);
    const verb = await createOrUpdate(session, wanted).catch((error) => {
      throw explainRefusal(error, cron, timezone);
    });
    const { info } = await session.client.schedule.getHandle(scheduleId).describe();
    await noteSchedule(session, `${cron}, ${timezone}`);
    console.line(`Schedule ${scheduleId} is ${verb}: ${cron} (${timezone}).`);
    for (const time of info.nextActionTimes.slice(0, 3)) console.line(`  ${time.toISOString()}`);
    if (session.state.supervisorPid !== undefined)
      console.line('It starts runs only while the local stack is up: `npx atelier up`.');
    if (options.json)
      console.result(
        JSON.stringify({ scheduleId, cron, timezone, next: info.nextActionTimes.slice(0, 3) }),
      );
  });
}

export function unschedule(console: Console): Promise<void> {
  return withSession(console, 'read', async (session) => {
    try {
      await session.client.schedule.getHandle(scheduleId).delete();
      console.line(`Schedule ${scheduleId} is gone; runs that it started go on.`);
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
      console.line('There is no schedule.');
    }
    await noteSchedule(session);
  });
}

function scheduleOptions(config: RunConfig, cron: string, timezone: string) {
  return {
    scheduleId,
    spec: { cronExpressions: [cron], timezone },
    policies: { overlap: 'SKIP' as const, catchupWindow, pauseOnFailure: false },
    action: {
      type: 'startWorkflow' as const,
      workflowType,
      // Temporal appends the scheduled time, which makes the run's id.
      workflowId: workflowIdOf('nightly'),
      taskQueue: pipelineQueue,
      args: [config] as [RunConfig],
      memo: { dataset: config.dataset.name, epochs: config.recipe.epochs, seed: config.seed },
      staticSummary: `Nightly training on ${plainMarkdown(config.dataset.title)}`,
    },
  } satisfies ScheduleOptions;
}

async function createOrUpdate(
  { client }: Session,
  options: ReturnType<typeof scheduleOptions>,
): Promise<'made' | 'changed'> {
  const handle = client.schedule.getHandle(scheduleId);
  try {
    await handle.update<typeof trainingPipeline>((before) => ({
      ...options,
      state: before.state,
    }));
    return 'changed';
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    await client.schedule.create(options);
    return 'made';
  }
}

function explainRefusal(error: unknown, cron: string, timezone: string): unknown {
  const details = (error as { cause?: { details?: string } }).cause?.details ?? '';
  const { message } = error as Error;
  if (!/cron|spec|time ?zone|location/i.test(`${details} ${message}`)) return error;
  const failure = new UserError({
    what: 'Temporal does not accept this schedule.',
    where: '--cron, --timezone',
    expected: 'five cron fields such as "0 2 * * *", and a time zone such as Europe/Berlin',
    found: `${JSON.stringify(cron)}, ${timezone}: ${details || message}`,
  });
  return new CommandFailure(failure.message, exitCodes.usage);
}
