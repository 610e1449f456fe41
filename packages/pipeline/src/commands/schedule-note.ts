import type { AtelierEnvironment } from '@atelier/environment';
import {
  type NotedSchedule,
  readScheduleNote,
  type StackState,
  writeScheduleNote,
} from '@atelier/infra';
import { Client } from '@temporalio/client';
import {
  describeSchedule,
  pruneName,
  scheduleIdOf,
  scheduleNameOf,
  scheduleNames,
  whenOf,
} from '../nights/schedules.ts';
import { connectToTemporal, temporalService } from '../temporal-service.ts';

/**
 * Notes in the local stack's folder which schedules there are, as Temporal says: `status` and
 * `doctor` read it, also while Temporal is stopped.
 * @param changed the name of one that was made or changed a moment ago, which lists may lack
 */
export async function noteSchedules(
  { environment, client }: { environment: AtelierEnvironment; client: Client },
  changed?: string,
): Promise<void> {
  const { home, temporal } = environment;
  if (temporal !== undefined) return;
  const noted = await readScheduleNote(home);
  const names = [
    ...noted.map(({ scheduleId }) => scheduleNameOf(scheduleId)),
    ...(await scheduleNames(client)),
    ...(changed === undefined ? [] : [changed]),
  ].filter((name) => name !== pruneName);
  const found = await Promise.all([...new Set(names)].sort().map((name) => look(client, name)));
  await writeScheduleNote(
    home,
    found.filter((one) => one !== undefined),
  );
}

async function look(client: Client, name: string): Promise<NotedSchedule | undefined> {
  const found = await describeSchedule(client, name);
  if (found === undefined) return undefined;
  const { cron, timezone } = whenOf(found);
  const when = cron && `${cron.text}, ${timezone}`;
  const { paused } = found.state;
  return { scheduleId: scheduleIdOf(name), ...(when && { when }), paused };
}

const patience = 3_000;

/**
 * Asks the local stack's Temporal which schedules there are; one may have been made or removed in
 * its UI. Where it does not answer, what was noted before stands.
 */
export async function lookForSchedules(
  environment: AtelierEnvironment,
  state: StackState,
): Promise<void> {
  const service = temporalService(environment, state);
  try {
    const connection = await connectToTemporal(service);
    const { namespace } = service;
    const client = new Client({ connection, namespace });
    await connection
      .withDeadline(Date.now() + patience, () => noteSchedules({ environment, client }))
      .finally(() => connection.close());
  } catch {
    // The state of Temporal itself is what these commands tell next.
  }
}
