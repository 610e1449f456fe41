import { spawnSync } from 'node:child_process';
import { stackStatus } from '@atelier/infra';
import { isGone, recordProcess } from '@atelier/processes';
import type { AtelierStack } from './atelier-stack.ts';
import { until } from './until.ts';

/** A process that was seen running. */
export type Seen = NonNullable<ReturnType<typeof recordProcess>>;

/** The worker that the stack's supervisor keeps; waits until there is one besides `former`. */
export function untilWorker(at: AtelierStack, former?: Seen): Promise<Seen> {
  return until('a worker', async () => {
    const { services } = await stackStatus(at.stack.environment);
    const pid = services.find(({ name }) => name === 'worker')?.pid;
    return pid === undefined || pid === former?.pid ? undefined : recordProcess(pid);
  });
}

/** The trainers below a worker. */
export function trainersOf({ pid }: Seen): Seen[] {
  const { stdout } = spawnSync('pgrep', ['-P', String(pid), '-f', 'trainer-main'], {
    encoding: 'utf8',
  });
  const pids = stdout.split('\n').filter(Boolean).map(Number);
  return pids.flatMap((trainer) => recordProcess(trainer) ?? []);
}

/** Waits until a worker has a trainer besides `former`. */
export const untilTrainer = (worker: Seen, former?: Seen): Promise<Seen> =>
  until('a trainer', () => trainersOf(worker).find(({ pid }) => pid !== former?.pid));

export const signal = ({ pid }: Seen, name: NodeJS.Signals): boolean => process.kill(pid, name);

export async function untilGone(seen: Seen): Promise<void> {
  await until(`the end of process ${seen.pid}`, () => (isGone(seen) ? true : undefined));
}
