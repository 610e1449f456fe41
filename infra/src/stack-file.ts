import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@atelier/errors';
import { writeWhole } from '@atelier/files';
import type { RecordedProcess } from '@atelier/processes';
import { z } from 'zod';
import { serviceSpecSchema } from './service-spec.ts';

/** Another file's or process's words, so they are checked. */
export const recordedProcessSchema: z.ZodType<RecordedProcess> = z.object({
  // The group of process 1, as a signal has it, is every process there is.
  pid: z.number().int().min(2),
  identity: z.string(),
});

const portsSchema = z.object({
  temporal: z.number(),
  /** The door in front of Temporal's UI. */
  temporalUi: z.number(),
  /** Nobody asks there, and no browser can; earlier versions took ports that browsers ask. */
  temporalHttp: z.number(),
  temporalMetrics: z.number(),
  s3: z.number(),
  s3Console: z.number(),
  /** Where the worker serves metrics, if it was asked to. */
  workerMetrics: z.number().optional(),
});

export type StackPorts = z.infer<typeof portsSchema>;

export const portNumbers = (ports: StackPorts): number[] =>
  Object.values(ports).filter((port) => port !== undefined);

/** `stack.json`: what shall run. Written by the commands, read by the supervisor. */
const stackPlanSchema = z.object({
  schemaVersion: z.literal(1),
  ports: portsSchema,
  services: z.array(serviceSpecSchema),
  /** The stack ends with this process, and its folder with it: a test's. */
  ownedBy: recordedProcessSchema.optional(),
  /** The commands that alone need this stack, which ends after them; absent: it stays. */
  borrowers: z.array(recordedProcessSchema).optional(),
});

export type StackPlan = z.infer<typeof stackPlanSchema>;

const serviceStatusSchema = z.object({
  name: z.string(),
  /** waiting: for what it comes after; restarting: dead, until its pause is over. */
  status: z.enum(['waiting', 'starting', 'healthy', 'unhealthy', 'restarting', 'stopped']),
  process: recordedProcessSchema.optional(),
  startedAt: z.string().optional(),
  /** How often it was started again since the supervisor started. */
  restarts: z.number(),
  /**
   * How often it died in a row, until a while of health (HEALTHY_AFTER_MS) forgets it. A supervisor
   * of an older version does not write it.
   */
  failures: z.number().default(0),
  /** How it died the last time, for people. */
  lastDeath: z.string().optional(),
  spec: serviceSpecSchema,
});

export type ServiceStatus = z.infer<typeof serviceStatusSchema>;

/** `supervisor.json`: what does run. Written by the supervisor at every change. */
const supervisorRecordSchema = z.object({
  schemaVersion: z.literal(1),
  supervisor: recordedProcessSchema,
  startedAt: z.string(),
  services: z.array(serviceStatusSchema),
});

export type SupervisorRecord = z.infer<typeof supervisorRecordSchema>;

/** A schedule of this stack's Temporal. */
const notedScheduleSchema = z.object({
  scheduleId: z.string(),
  /** Cron fields and time zone, where five fields can say them: `30 4 * * *, Europe/Berlin`. */
  when: z.string().optional(),
  paused: z.boolean().default(false),
});

export type NotedSchedule = z.infer<typeof notedScheduleSchema>;

/** `schedule.json`: the schedules of this stack's Temporal, for when that does not run. */
const scheduleNoteSchema = z.union([
  z.object({ schemaVersion: z.literal(2), schedules: z.array(notedScheduleSchema) }),
  // Before there could be several.
  notedScheduleSchema
    .extend({ schemaVersion: z.literal(1) })
    .transform(({ schemaVersion: _, ...only }) => ({
      schemaVersion: 2 as const,
      schedules: [only],
    })),
]);

/** Whoever starts, borrows or stops the stack holds it. */
export const lockPath = (home: string): string => join(home, 'stack.lock');
export const planPath = (home: string): string => join(home, 'stack.json');
export const recordPath = (home: string): string => join(home, 'supervisor.json');
/** What the stacks of this user's checkouts share, and where those of tests lie: this user's alone. */
export const sharedFolder = ({ cacheDirectory }: { cacheDirectory: string }): string =>
  join(cacheDirectory, 'stacks');
export const logPath = (home: string, name: string): string => join(home, 'logs', `${name}.log`);

export const readPlan = (home: string): Promise<StackPlan | undefined> =>
  readJson(planPath(home), stackPlanSchema);

export const readRecord = (home: string): Promise<SupervisorRecord | undefined> =>
  readJson(recordPath(home), supervisorRecordSchema);

export const writePlan = (home: string, plan: StackPlan): Promise<void> =>
  writeJson(planPath(home), plan);

export const writeRecord = (home: string, record: SupervisorRecord): Promise<void> =>
  writeJson(recordPath(home), record);

const scheduleNotePath = (home: string): string => join(home, 'schedule.json');

export const readScheduleNote = async (home: string): Promise<NotedSchedule[]> =>
  (await readJson(scheduleNotePath(home), scheduleNoteSchema))?.schedules ?? [];

/** @param schedules all that there are */
export async function writeScheduleNote(
  home: string,
  schedules: readonly NotedSchedule[],
): Promise<void> {
  if (schedules.length === 0) return rm(scheduleNotePath(home), { force: true });
  await writeJson(scheduleNotePath(home), { schemaVersion: 2, schedules });
}

/** Readable by this user only: the plan holds the store's credentials. */
const writeJson = (path: string, value: unknown): Promise<void> =>
  writeWhole(path, JSON.stringify(value, null, 2), { mode: 0o600, flush: true });

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new UserError(
      {
        what: 'The state of the local stack cannot be read',
        where: path,
        found: error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message,
        remedy: 'Another version of Atelier may have written it: stop that stack, then remove it.',
      },
      { cause: error },
    );
  }
}
