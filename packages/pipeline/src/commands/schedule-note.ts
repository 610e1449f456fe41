import type { AtelierEnvironment } from '@atelier/environment';
import { readScheduleNote, type StackState, writeScheduleNote } from '@atelier/infra';
import { Client, ScheduleNotFoundError } from '@temporalio/client';
import { connectToTemporal, temporalService } from '../temporal-service.ts';

export const scheduleId = 'atelier-nightly';

/**
 * Notes in the local stack's folder whether there is a schedule, as Temporal says: `status` and
 * `doctor` read it, also while Temporal is stopped.
 * @param when cron fields and time zone, where they are known; what was noted before otherwise
 */
export async function noteSchedule(
  { environment, client }: { environment: AtelierEnvironment; client: Client },
  when?: string,
): Promise<void> {
  const { home, temporal } = environment;
  if (temporal !== undefined) return;
  if (!(await isScheduled(client))) return writeScheduleNote(home, undefined);
  const known = when ?? (await readScheduleNote(home))?.when;
  const note = { schemaVersion: 1 as const, scheduleId, ...(known && { when: known }) };
  await writeScheduleNote(home, note);
}

const patience = 3_000;

/**
 * Asks the local stack's Temporal whether there is a schedule; one may have been made or removed in
 * its UI. Where it does not answer, what was noted before stands.
 */
export async function lookForSchedule(
  environment: AtelierEnvironment,
  state: StackState,
): Promise<void> {
  const service = temporalService(environment, state);
  try {
    const connection = await connectToTemporal(service);
    const { namespace } = service;
    const client = new Client({ connection, namespace });
    await connection
      .withDeadline(Date.now() + patience, () => noteSchedule({ environment, client }))
      .finally(() => connection.close());
  } catch {
    // The state of Temporal itself is what these commands tell next.
  }
}

async function isScheduled(client: Client): Promise<boolean> {
  try {
    await client.schedule.getHandle(scheduleId).describe();
    return true;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false;
    throw error;
  }
}
