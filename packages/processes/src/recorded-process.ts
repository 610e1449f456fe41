import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, processIdentity } from './process-identity.mjs';

/** A process written down so that a later program can tell whether it still runs. */
export interface RecordedProcess {
  pid: number;
  /** See processIdentity: a later process with the same pid has another one. */
  identity: string;
}

/** Undefined when there is no such process. */
export function recordProcess(pid: number): RecordedProcess | undefined {
  const identity = processIdentity(pid);
  return identity === undefined ? undefined : { pid, identity };
}

export function isRunning(recorded: RecordedProcess | undefined): boolean {
  return recorded !== undefined && processIdentity(recorded.pid) === recorded.identity;
}

/**
 * Whether the process has certainly ended: unlike !isRunning, never true of one that this user may
 * not look at, because /proc hides other users' processes on some machines.
 */
export function isGone({ pid, identity }: RecordedProcess): boolean {
  const now = processIdentity(pid);
  return now === undefined ? !isAlive(pid) : now !== identity;
}

/** Resolves to whether the process ended within the time. */
export async function waitForEnd(recorded: RecordedProcess, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isRunning(recorded)) {
    if (performance.now() > deadline) return false;
    await sleep(25);
  }
  return true;
}

/**
 * Ends a process that leads its own group: SIGTERM to it alone, so that it can end its children in
 * order, and after `graceMs` SIGKILL to the whole group. What is left of the group goes too.
 */
export async function endProcess(recorded: RecordedProcess, graceMs: number): Promise<void> {
  // A pid of long ago may name an unrelated group by now.
  if (!isRunning(recorded)) return;
  signalProcess(recorded.pid, 'SIGTERM');
  await waitForEnd(recorded, graceMs);
  signalProcess(-recorded.pid, 'SIGKILL');
  await waitForEnd(recorded, 5_000);
}

/** A process that is gone already is no error. A negative pid names a group. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // macOS says EPERM of a group whose members are all gone but not yet buried.
    const isGone = code === 'ESRCH' || (code === 'EPERM' && pid < 0);
    if (!isGone) throw error;
  }
}
