import { UserError } from '@atelier/errors';
import { show } from '@atelier/settings';
import type { ScheduleDescription } from '@temporalio/client';
import { readConfig } from '../configuration/read-config.ts';
import { whenParkedSchema } from '../configuration/when-parked.ts';
import { type Cron, readCron } from '../nights/cron.ts';
import { type Difference, differencesBetween } from '../nights/differences.ts';
import {
  actionOf,
  checkScheduleName,
  configOf,
  defaultName,
  describeSchedule,
  existingSchedule,
  policies,
  pruneName,
  scheduleIdOf,
  specOf,
  whenOf,
} from '../nights/schedules.ts';
import { checkZone, type GapNight, gapNights, nightText, ownZone } from '../nights/zone.ts';
import type { RunConfig } from '../run-configuration.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage, CommandFailure, exitCodes } from '../terminal/exit.ts';
import type { trainingPipeline } from '../workflow/index.ts';
import { checkDataset } from './check-dataset.ts';
import { glanceForNights } from './glance-at-source.ts';
import { keepOwnFiles } from './keep-own-files.ts';
import { withNetwork } from './resolve-network.ts';
import { noteSchedules } from './schedule-note.ts';
import { type Session, withSession } from './session.ts';
import { attributesUsable, initialModelOf, referenceOf } from './start-command.ts';

export interface ScheduleCommandOptions extends Record<string, unknown> {
  name?: string;
  cron?: string;
  timezone?: string;
  whenParked?: string;
  initialise?: string;
  reference?: string;
  recipe?: string;
  config?: string;
  json?: boolean;
}

/** Half past four: clocks of every zone show it every night, and only once. */
const defaultCron = '30 4 * * *';

/**
 * Makes a schedule, or changes what is given of the one that there is. Every night has a seed of
 * its own, unless one is set.
 */
export async function schedule(options: ScheduleCommandOptions, console: Console): Promise<void> {
  const given = await asUsage(() => readGiven(options));
  await withSession(console, 'work', async (session) => {
    await session.store.ensureBucket();
    const before = await describeSchedule(session.client, given.name);
    const made = before
      ? await change(session, before, given, options, console)
      : await create(session, given, options, console);
    await noteSchedules(session, given.name);
    const after = await existingSchedule(session.client, given.name);
    tell(session, after, { ...made, isNew: before === undefined }, console, options.json === true);
  });
}

/** What the person wrote of the schedule itself. */
interface Given {
  name: string;
  cron?: Cron;
  timezone?: string;
  whenParked?: string;
}

/** @throws UserError for what cannot be the name of a schedule of nights */
function checkNightsName(name: string): string {
  if (checkScheduleName(name) !== pruneName) return name;
  throw new UserError({
    what: `${pruneName} is the schedule that removes old runs.`,
    where: '--name',
    remedy: `\`npx atelier prune --weekly\` makes or changes it; --show, --pause, --resume and --trigger work with it as with any`,
  });
}

function readGiven({
  name = defaultName,
  cron,
  timezone,
  whenParked,
}: ScheduleCommandOptions): Given {
  return {
    name: checkNightsName(name),
    ...(cron !== undefined && { cron: readCron(cron) }),
    ...(timezone !== undefined && { timezone: checkZone(timezone) }),
    ...(whenParked !== undefined && { whenParked: checkWhenParked(whenParked) }),
  };
}

function checkWhenParked(given: string): string {
  if (whenParkedSchema.safeParse(given).success) return given;
  throw new UserError({
    what: '--whenParked cannot have this value.',
    where: '--whenParked',
    expected: 'next-night, wait, or hours such as 36h',
    found: show(given),
  });
}

const withParked = (config: RunConfig, { whenParked }: Given): RunConfig =>
  whenParked === undefined ? config : { ...config, whenParked };

async function create(
  session: Session,
  given: Given,
  options: ScheduleCommandOptions,
  console: Console,
): Promise<{ differences: Difference[] }> {
  const { name, cron = readCron(defaultCron), timezone = ownZone() } = given;
  const asked = await asUsage(() => readConfig(options, 'nightly'));
  const read = withParked(await withNetwork(session.store, asked, console), given);
  await asUsage(() => checkDataset(session, read));
  await glanceForNights(session, read, console);
  const config = await withOthers(session, options, read, console);
  await keepOwnFiles(session.store, config, console);
  const searchAttributes = await attributesUsable(session, console);
  await session.client.schedule
    .create<typeof trainingPipeline>({
      scheduleId: scheduleIdOf(name),
      spec: specOf({ cron, timezone }),
      action: actionOf(name, { ...config, searchAttributes }),
      policies,
    })
    .catch((error) => {
      throw explainRefusal(error, cron, timezone);
    });
  return { differences: [] };
}

async function change(
  session: Session,
  before: ScheduleDescription,
  given: Given,
  options: ScheduleCommandOptions,
  console: Console,
): Promise<{ differences: Difference[] }> {
  const old = { ...whenOf(before), config: await asUsage(() => configOf(before)) };
  const { name, cron = old.cron, timezone = old.timezone } = given;
  const kept = await asUsage(() => readConfig(options, 'nightly', old.config));
  const read = withParked(await withNetwork(session.store, kept, console), given);
  await asUsage(() => checkDataset(session, read));
  await glanceForNights(session, read, console);
  const config = await withOthers(session, options, read, console);
  await keepOwnFiles(session.store, config, console);
  const searchAttributes = await attributesUsable(session, console);
  const own = 'a specification of its own';
  const differences = differencesBetween(
    { ...old, cron: old.cron?.text ?? own },
    { cron: cron?.text ?? own, timezone, config },
  );
  if (before.policies.overlap !== policies.overlap)
    differences.push({
      setting: 'a night that is parked',
      before: 'blocks the next',
      after: 'gives way to it',
    });
  if (differences.length === 0) return { differences };
  await session.client.schedule
    .getHandle(before.scheduleId)
    .update<typeof trainingPipeline>(({ spec, state }) => ({
      // What was made elsewhere stays as it is, and gets another zone at most.
      spec:
        cron === undefined || given.cron === undefined
          ? { ...spec, timezone }
          : specOf({ cron, timezone }),
      action: actionOf(name, { ...config, searchAttributes }),
      policies,
      state,
    }))
    .catch((error) => {
      throw explainRefusal(error, cron, timezone);
    });
  return { differences };
}

/** With what `--reference` and `--initialise` name as it is now: no night looks for it any more. */
async function withOthers(
  session: Session,
  options: ScheduleCommandOptions,
  config: RunConfig,
  console: Console,
): Promise<RunConfig> {
  const reference = await referenceOf(session, options, config);
  const initialise = await initialModelOf(session, options, config, console);
  return { ...config, ...(reference && { reference }), ...(initialise && { initialise }) };
}

/** Says what became of it, the next nights, and what a person would not expect of them. */
function tell(
  session: Session,
  after: ScheduleDescription,
  { differences, isNew }: { differences: readonly Difference[]; isNew: boolean },
  console: Console,
  json: boolean,
): void {
  const { cron, timezone } = whenOf(after);
  const { scheduleId, state } = after;
  const when = `${cron?.text ?? 'times of its own'} (${timezone})`;
  const next = after.info.nextActionTimes.slice(0, 3);
  const leftOut = cron?.fields ? gapNights(cron.fields, timezone, new Date()) : [];
  const verb = isNew ? 'made' : differences.length > 0 ? 'changed' : 'as it was';
  console.line(`Schedule ${scheduleId} is ${verb}: ${when}.`);
  for (const { setting, before, after: now } of differences)
    console.line(`  ${setting}: ${before} → ${now}`);
  if (state.paused)
    console.line('  It is paused: `npx atelier schedule --resume` starts it again.');
  else
    for (const time of next) console.line(`  ${nightText(timezone, time)}  ${time.toISOString()}`);
  for (const line of gapWarnings(leftOut, timezone)) console.warn(line);
  if (session.state.supervisorPid !== undefined)
    console.line('It starts runs only while the local stack is up: `npx atelier up`.');
  if (!json) return;
  const config = configOf(after);
  console.result(
    JSON.stringify({
      ...{ scheduleId, cron: cron?.text ?? null, timezone, paused: state.paused },
      ...{ whenParked: config.whenParked ?? 'next-night', change: verb, differences },
      ...{ next, leftOut },
    }),
  );
}

export function gapWarnings(nights: readonly GapNight[], timezone: string): string[] {
  if (nights.length === 0) return [];
  const dates = nights.slice(0, 3).map(({ date, time }) => `${time} on ${date}`);
  return [
    `! The clocks of ${timezone} never show ${dates.join(', nor ')}: Temporal leaves these nights out. 04:30 exists every night in every zone.`,
  ];
}

/** Temporal has a time zone database of its own. */
function explainRefusal(error: unknown, cron: Cron | undefined, timezone: string): unknown {
  const details = (error as { cause?: { details?: string } }).cause?.details ?? '';
  const { message } = error as Error;
  if (!/cron|spec|time ?zone|location/i.test(`${details} ${message}`)) return error;
  const failure = new UserError({
    what: 'Temporal does not accept this schedule.',
    where: '--cron, --timezone',
    expected: 'five cron fields such as "30 4 * * *", and a time zone such as Europe/Berlin',
    found: `${JSON.stringify(cron?.text)}, ${timezone}: ${details || message}`,
  });
  return new CommandFailure(failure.message, exitCodes.usage);
}
