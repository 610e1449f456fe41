import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { AtelierEnvironment } from '@atelier/environment';
import { isRunning } from '@atelier/processes';
import { temporalFolder } from './services.ts';
import {
  type NotedSchedule,
  readPlan,
  readRecord,
  readScheduleNote,
  type ServiceStatus,
  type StackPlan,
  type SupervisorRecord,
} from './stack-file.ts';
import { type StackState, stackState } from './stack-state.ts';
import { readIdentity, type StoreRole } from './store-identities.ts';

export interface StackStatus {
  /**
   * external: everything is configured to be elsewhere; stopped: nothing runs here; orphaned: the
   * supervisor was killed and services run on (`up` takes them over, `down` ends them); degraded:
   * the supervisor runs and some service does not answer.
   */
  condition: 'running' | 'degraded' | 'orphaned' | 'stopped' | 'external';
  services: {
    name: string;
    status: ServiceStatus['status'];
    pid?: number;
    /** ISO 8601. */
    startedAt?: string;
    restarts: number;
    lastDeath?: string;
  }[];
  /** Absent when nothing runs here that would tell, and until `up` has made the store's identities. */
  state?: StackState;
  /** The schedules of the local Temporal, as they were noted last. */
  schedules: NotedSchedule[];
  /** When Temporal last wrote, where it does not run: then the stack was stopped, or the machine. */
  lastRan?: Date;
  directory: string;
}

/** Something that a person should know of the nights of their schedules. */
export interface NightProblem {
  found: string;
  /** What to do about it. */
  remedy: string;
}

/**
 * Says what part of the local stack runs now: it asks the processes, not the record alone.
 * @param identity as which the store is to be used
 */
export async function stackStatus(
  environment: AtelierEnvironment,
  identity: StoreRole = 'reader',
): Promise<StackStatus> {
  const { home } = environment;
  const plan = await readPlan(home);
  const record = await readRecord(home);
  const services = (record?.services ?? []).map(describe);
  const condition = conditionOf(environment, record, services);
  const schedules = environment.temporal ? [] : await readScheduleNote(home);
  const lastRan = condition === 'stopped' ? await lastWritten(home) : undefined;
  const there = condition === 'external' || (plan !== undefined && condition !== 'stopped');
  const state = there ? currentState(environment, identity, plan, record) : undefined;
  return {
    condition,
    services,
    schedules,
    ...(state && { state }),
    ...(lastRan && { lastRan }),
    directory: home,
  };
}

async function lastWritten(home: string): Promise<Date | undefined> {
  const folder = temporalFolder(home);
  const names = await readdir(folder).catch(() => []);
  const times = await Promise.all(
    names.map(async (name) => (await stat(join(folder, name))).mtime),
  );
  return times.sort((a, b) => a.getTime() - b.getTime()).at(-1);
}

/** The schedules that train nothing, each with why. One that is paused is meant to. */
export function idleSchedules({ condition, services, schedules }: StackStatus): string[] {
  if (services.some(({ name, pid }) => name === 'worker' && pid !== undefined)) return [];
  const why = condition === 'stopped' ? 'the local stack is stopped' : 'no worker runs';
  return schedules
    .filter(({ paused }) => !paused)
    .map((schedule) => `${describeSchedule(schedule)} trains nothing: ${why}`);
}

export const describeSchedule = ({ scheduleId, when }: NotedSchedule): string =>
  when === undefined ? scheduleId : `${scheduleId} (${when})`;

function currentState(
  environment: AtelierEnvironment,
  identity: StoreRole,
  plan: StackPlan | undefined,
  record: SupervisorRecord | undefined,
): StackState | undefined {
  if (plan === undefined) return stackState(environment);
  const { home, bucket, s3 } = environment;
  const credentials = s3 ?? readIdentity(home, bucket, identity);
  if (credentials === undefined) return undefined;
  return stackState(environment, { plan, credentials, ...(record && { record }) });
}

function describe(service: ServiceStatus): StackStatus['services'][number] {
  const { name, status, process, startedAt, restarts, lastDeath } = service;
  const alive = isRunning(process);
  return {
    name,
    status: process !== undefined && !alive ? 'stopped' : status,
    ...(alive && process && { pid: process.pid }),
    ...(startedAt && { startedAt }),
    restarts,
    ...(lastDeath && { lastDeath }),
  };
}

function conditionOf(
  environment: AtelierEnvironment,
  record: SupervisorRecord | undefined,
  services: StackStatus['services'],
): StackStatus['condition'] {
  if (isRunning(record?.supervisor)) {
    return services.every(({ status }) => status === 'healthy') ? 'running' : 'degraded';
  }
  if (services.some(({ pid }) => pid !== undefined)) return 'orphaned';
  return environment.temporal && environment.s3 ? 'external' : 'stopped';
}
