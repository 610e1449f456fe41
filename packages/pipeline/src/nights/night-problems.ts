import { idleSchedules, type NightProblem, type StackStatus } from '@atelier/infra';
import { Client, type Connection, type ScheduleDescription } from '@temporalio/client';
import { pipelineQueue, trainQueue } from '../names.ts';
import { pruneProblems } from '../retention/prune-problems.ts';
import type { Store } from '../run-store.ts';
import { connectToTemporal, type TemporalService } from '../temporal-service.ts';
import { dueText, type Night, pastNights } from './past-nights.ts';
import { describeSchedule, policies, scheduleNameOf, scheduleNames, whenOf } from './schedules.ts';
import { catchupHours } from './stopped-nights.ts';

/** Nights that are looked at, newest first. */
const shown = 7;
const patience = 10_000;

/**
 * What a person should know of the nights of all schedules. Nothing where Temporal does not answer,
 * which is told elsewhere.
 */
export async function nightProblems(
  service: TemporalService,
  store: Store,
  status: StackStatus,
): Promise<NightProblem[]> {
  const connection = await connectToTemporal(service).catch(() => undefined);
  if (connection === undefined) return [];
  try {
    const { namespace } = service;
    const client = new Client({ connection, namespace });
    return await connection.withDeadline(Date.now() + patience, async () => {
      const found = await Promise.all(
        (await scheduleNames(client)).map((name) => describeSchedule(client, name)),
      );
      const schedules = found.filter((one) => one !== undefined);
      const told = await Promise.all(
        schedules.map((one) => problemsOf({ client, namespace, store }, one)),
      );
      const isActive = schedules.some(({ state }) => !state.paused);
      const isTold = idleSchedules(status).length > 0;
      const unserved = isActive && !isTold ? await unservedQueues(connection, namespace) : [];
      return [...unserved, ...told.flat(), ...(await pruneProblems(client))];
    });
  } finally {
    await connection.close();
  }
}

async function problemsOf(
  services: { client: Client; namespace: string; store: Store },
  schedule: ScheduleDescription,
): Promise<NightProblem[]> {
  const name = scheduleNameOf(schedule.scheduleId);
  const { timezone } = whenOf(schedule);
  const text = (night: Night): string => dueText(timezone, night);
  const show = `\`npx atelier schedule --show --name ${name}\` shows all`;
  const problems: NightProblem[] = [];
  if (schedule.policies.overlap !== policies.overlap)
    problems.push({
      found: `${name}: a night that is parked blocks the next, as in earlier versions`,
      remedy: `\`npx atelier schedule --name ${name}\` changes that`,
    });
  const nights = await pastNights(services, schedule, shown);
  const missed = nights.filter(({ outcome }) => outcome === 'missed');
  if (missed.length > 0) {
    const days = missed.map(({ due }) => dayOf(timezone, due)).sort();
    problems.push({
      found: `${name}: missed ${missed.map(text).join(', ')}; Temporal did not run within ${catchupHours} hours of it`,
      remedy: `\`npx atelier schedule --name ${name} --backfill ${days[0]} ${days.at(-1)}\` makes up for it; \`npx atelier service install\` starts the stack with the machine`,
    });
  }
  for (const night of nights.filter(({ outcome }) => outcome === 'skipped'))
    problems.push({ found: `${name}: skipped ${text(night)}: ${night.why ?? '-'}`, remedy: show });
  for (const night of nights.filter(
    ({ hoursLate = 0 }) => hoursLate > 0 && hoursLate <= catchupHours,
  ))
    problems.push({
      found: `${name}: ${text(night)} was started ${night.hoursLate!.toFixed(1)} h late; the stack was stopped, or the machine slept`,
      remedy: show,
    });
  return problems;
}

/** @param due ISO 8601 */
function dayOf(zone: string, due: string): string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' });
  return format.format(new Date(due));
}

const workflowTasks = 1;
const activityTasks = 2;
/** A worker asks for work once a minute at least; Temporal lists it for five. */
const recently = 2 * 60_000;

/** The queues that no worker asks for work, wherever it may run. */
async function unservedQueues(
  { workflowService }: Connection,
  namespace: string,
): Promise<NightProblem[]> {
  const queues = [
    { name: pipelineQueue, taskQueueType: workflowTasks },
    { name: trainQueue, taskQueueType: activityTasks },
  ];
  const looks = queues.map(async ({ name, taskQueueType }) => {
    const taskQueue = { name };
    const { pollers } = await workflowService.describeTaskQueue({
      ...{ namespace, taskQueue, taskQueueType },
    });
    const isServed = (pollers ?? []).some(
      ({ lastAccessTime }) => Date.now() - 1_000 * Number(lastAccessTime?.seconds ?? 0) < recently,
    );
    return isServed ? [] : [name];
  });
  const unserved = (await Promise.all(looks)).flat();
  if (unserved.length === 0) return [];
  return [
    {
      found: `nights train nothing: no worker serves the queue ${unserved.join(' or ')}`,
      remedy: '`npx atelier worker`, on a machine that reaches these services, serves both',
    },
  ];
}
