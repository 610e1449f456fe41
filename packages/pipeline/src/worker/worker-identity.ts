import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isGone, recordProcess } from '@atelier/processes';

/**
 * What a worker is called in Temporal: `<pid>@<host>`, then what makes this process unmistakable.
 * A pid says nothing in another container, nor once another process has it, so the place holds
 * the namespace that pids are counted in, and the rest is the process's start.
 */
export function workerIdentity(): string {
  const self = recordProcess(process.pid);
  return `${process.pid}@${place()} ${self?.identity ?? ''}`.trimEnd();
}

const form = /^(\d+)@(\S+) (.+)$/;

/** The pid of a worker of this machine that is gone; undefined where it lives or cannot be judged. */
export function goneWorker(identity: string): number | undefined {
  const [, digits, where, start] = form.exec(identity) ?? [];
  if (start === undefined || where !== place()) return undefined;
  const pid = Number(digits);
  return isGone({ pid, identity: start }) ? pid : undefined;
}

function place(): string {
  try {
    return `${hostname()}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}
