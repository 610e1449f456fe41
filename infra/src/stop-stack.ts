import { mkdir, rm } from 'node:fs/promises';
import type { AtelierEnvironment } from '@atelier/environment';
import { WorldError } from '@atelier/errors';
import { whyUnwritable } from '@atelier/files';
import { endProcess, isRunning, signalProcess, waitForEnd, withLock } from '@atelier/processes';
import type { Log } from './command-log.ts';
import { lockPath, logPath, readRecord, recordPath } from './stack-file.ts';

/** The worker's grace and then the services', with some to spare. */
export const STOP_MS = 40_000;

/**
 * Stops the local stack: the worker first, gracefully. Also ends what a killed supervisor left
 * behind. Data and settings stay.
 * @returns whether anything was running
 */
export async function stopStack({
  environment: { home },
  log,
}: {
  environment: AtelierEnvironment;
  log: Log;
}): Promise<boolean> {
  if ((await readRecord(home)) === undefined) return false;
  await mkdir(home, { recursive: true });
  const stop = (): Promise<boolean> => stopLocked(home, log);
  if (!(await isReadOnly(home))) return withLock(lockPath(home), stop);
  // Its disk failed under it. Nobody can begin anything there, so nobody need be held back.
  log.warn(`The disk of ${home} has become read-only: see to it before the next start.`);
  return stop();
}

/** For whoever holds the stack's lock. */
export async function stopLocked(home: string, log: Log): Promise<boolean> {
  const record = await readRecord(home);
  if (record === undefined) return false;
  const supervised = isRunning(record.supervisor);
  const orphans = record.services.filter((service) => isRunning(service.process));
  if (supervised) {
    log.info('Stopping the local stack …');
    signalProcess(record.supervisor.pid, 'SIGTERM');
    if (!(await waitForEnd(record.supervisor, STOP_MS))) {
      throw new WorldError({
        what: 'The supervisor of the local stack does not stop',
        where: logPath(home, 'supervisor'),
        found: `pid ${record.supervisor.pid} still runs after ${STOP_MS / 1000} s`,
        remedy: `Look into its log, then \`kill -9 ${record.supervisor.pid}\` and try again.`,
      });
    }
  }
  // Read again: a service may have been started between the first look and the signal.
  const left = [...((await readRecord(home))?.services ?? []), ...orphans];
  for (const { name, process, spec } of left) {
    if (process === undefined || !isRunning(process)) continue;
    log.info(`Ending ${name}, pid ${process.pid}, which no supervisor looks after …`);
    await endProcess(process, spec.graceMs);
  }
  await rm(recordPath(home), { force: true }).catch((error: NodeJS.ErrnoException) => {
    // It stays, and names processes that are gone.
    if (error.code !== 'EROFS') throw error;
  });
  return supervised || orphans.length > 0;
}

/** Whether this folder's disk takes nothing any more; permission alone does not tell. */
async function isReadOnly(folder: string): Promise<boolean> {
  const found = await whyUnwritable(folder);
  return found?.code === 'EROFS';
}
