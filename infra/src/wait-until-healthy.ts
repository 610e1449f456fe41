import { setTimeout as sleep } from 'node:timers/promises';
import { UserError, WorldError } from '@atelier/errors';
import { isRunning } from '@atelier/processes';
import type { Log } from './command-log.ts';
import { lastLines } from './log-file.ts';
import { isSameService } from './service-spec.ts';
import { temporalFolder } from './services.ts';
import {
  logPath,
  readRecord,
  type ServiceStatus,
  type StackPlan,
  type SupervisorRecord,
} from './stack-file.ts';

const TIMEOUT_MS = 90_000;
/** A service that dies this often in a row, never healthy for long, will not come up by itself. */
const HOPELESS_FAILURES = 3;

/**
 * Resolves when every service of the plan answers.
 * @throws with the last lines of the log of a service that does not come up
 */
export async function waitUntilHealthy(
  home: string,
  plan: StackPlan,
  log: Log,
): Promise<SupervisorRecord> {
  const startedAt = performance.now();
  let told = false;
  for (;;) {
    const record = await readRecord(home);
    if (record === undefined || !isRunning(record.supervisor)) throw await supervisorGone(home);
    const statuses = plan.services.map((spec) =>
      record.services.find((status) => isSameService(status.spec, spec)),
    );
    if (statuses.every((status) => status?.status === 'healthy')) return record;
    const hopeless = statuses.find(
      (status) => status?.status === 'restarting' && status.failures >= HOPELESS_FAILURES,
    );
    if (hopeless) throw await notComingUp(home, hopeless);
    const waited = performance.now() - startedAt;
    if (waited > TIMEOUT_MS) throw await timedOut(home, plan, record);
    if (waited > 5_000 && !told) {
      log.info('Waiting for the services of the local stack to answer …');
      told = true;
    }
    await sleep(25);
  }
}

async function supervisorGone(home: string): Promise<WorldError> {
  return new WorldError({
    what: 'The supervisor of the local stack ended while it was starting',
    where: logPath(home, 'supervisor'),
    found: (await lastLines(logPath(home, 'supervisor'), 10)).join('\n    '),
    remedy: 'Try again.',
  });
}

/** Their causes, by what the services print, each with what to do. */
const CAUSES: [RegExp, string, string | ((home: string) => string)][] = [
  [
    /no space left|disk full|database or disk is full/i,
    'the disk is full',
    'Free some space (`df -h` shows where), then try again.',
  ],
  [
    /bind: permission denied/i,
    'it may not listen on its port',
    'Only root listens below 1024. Stop the stack and start it again: it then takes other ports.',
  ],
  [
    /permission denied|readonly database|unable to open database/i,
    'it may not write its files',
    'Make the folder of the stack writable for this user.',
  ],
  [
    /address already in use|can't set frontend port|Specified port is already in use/i,
    'its port is taken by another program',
    'Stop the stack and start it again: it then takes other ports.',
  ],
  [
    /file is not a database|disk image is malformed|no such table/i,
    'its database is damaged',
    (home) => {
      const folder = temporalFolder(home);
      return [
        `\`npx atelier down && mv ${folder} ${folder}-damaged\` puts it aside; the next start makes another.`,
        'Runs under way and a schedule are lost with it. What they had finished is in the store:',
        'start them again, and no stage and no epoch of it is done again.',
      ].join(' ');
    },
  ],
];

async function notComingUp(home: string, status: ServiceStatus): Promise<Error> {
  const lines = await lastLines(logPath(home, status.name), 12);
  const text = lines.join('\n');
  const cause = CAUSES.find(([pattern]) => pattern.test(text));
  const remedy = cause?.[2] ?? 'The log says why; `npx atelier doctor` checks what it needs.';
  const failure = {
    what: `${status.name} does not start${cause ? `: ${cause[1]}` : ''}`,
    where: logPath(home, status.name),
    found: [status.lastDeath ?? 'no answer', ...lines].join('\n    '),
    remedy: typeof remedy === 'string' ? remedy : remedy(home),
  };
  return cause ? new UserError(failure) : new WorldError(failure);
}

async function timedOut(home: string, plan: StackPlan, record: SupervisorRecord): Promise<Error> {
  const silent = plan.services
    .map(({ name }) => record.services.find((status) => status.name === name))
    .find((status) => status?.status !== 'healthy');
  if (silent) return notComingUp(home, silent);
  return new WorldError({
    what: 'The supervisor does not follow the new plan',
    where: logPath(home, 'supervisor'),
    found: `nothing after ${TIMEOUT_MS / 1000} s`,
  });
}
