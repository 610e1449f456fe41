import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { serviceVariables } from '@atelier/environment';
import { WorldError } from '@atelier/errors';
import { type RecordedProcess, recordProcess } from '@atelier/processes';
import { programArguments } from '@atelier/programs';
import { lastLines, openLog, rotateLog } from './log-file.ts';
import { logPath, readRecord } from './stack-file.ts';

const START_MS = 30_000;

/**
 * Starts the supervisor of the plan in `home`, detached from this process and its terminal.
 * Resolves once it has written down that it runs.
 */
export async function startSupervisor(home: string): Promise<RecordedProcess> {
  const path = logPath(home, 'supervisor');
  await rotateLog(path);
  const log = await openLog(path);
  const entry = new URL('./supervisor-main.ts', import.meta.url);
  const child = spawn(process.execPath, programArguments(entry, home), {
    cwd: home,
    env: serviceVariables(),
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  });
  let ended: string | undefined;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended = signal ?? `exit code ${code}`;
  });
  child.unref();
  await log.close();

  const recorded = child.pid === undefined ? undefined : recordProcess(child.pid);
  const deadline = performance.now() + START_MS;
  while (ended === undefined && performance.now() < deadline) {
    const record = await readRecord(home);
    const isItsOwn =
      record?.supervisor.pid === recorded?.pid &&
      record?.supervisor.identity === recorded?.identity;
    if (recorded && isItsOwn) return recorded;
    await sleep(20);
  }
  throw new WorldError({
    what: 'The supervisor of the local stack did not start',
    where: path,
    found: [ended ?? `nothing after ${START_MS / 1000} s`, ...(await lastLines(path, 10))].join(
      '\n    ',
    ),
  });
}
