import { stackStatus, type TestStack } from '@atelier/infra';
import { childrenOf, killHard } from './processes.ts';
import type { TestBench } from './test-bench.ts';

type OnStack = { stack: Pick<TestStack, 'environment'> };

export const victims = ['worker', 'trainer', 'temporal', 'minio', 'supervisor', 'all'] as const;
export type Victim = (typeof victims)[number];

/** Whether there is such a process at this moment: a trainer lives only while something is computed. */
export const isThere = (victim: Victim, moment: string): boolean =>
  victim !== 'trainer' || ['upload', 'during-train', 'commit', 'during-evaluate'].includes(moment);

/**
 * Kills a victim with SIGKILL. Where the supervisor was among them, `atelier up` is begun, as a
 * boot script would.
 * @returns what is still going on
 * @throws where there is nothing to kill
 */
export async function kill(
  bench: OnStack & Pick<TestBench, 'up'>,
  victim: Victim,
): Promise<Promise<void>[]> {
  await killHard(await pidsOf(bench, victim));
  return victim === 'supervisor' || victim === 'all' ? [bench.up()] : [];
}

/** A service's process. @throws where it does not run */
export async function pidOf({ stack }: OnStack, service: string): Promise<number> {
  const { services, state } = await stackStatus(stack.environment);
  const pid =
    service === 'supervisor'
      ? state?.supervisorPid
      : services.find(({ name }) => name === service)?.pid;
  if (pid === undefined) throw new Error(`there is no ${service} to kill`);
  return pid;
}

async function pidsOf(bench: OnStack, victim: Victim): Promise<number[]> {
  if (victim === 'trainer') {
    const children = await childrenOf(bench.stack.environment.home);
    if (children.length === 0) throw new Error('there is no trainer to kill');
    return children;
  }
  if (victim !== 'all') return [await pidOf(bench, victim)];
  // The supervisor first: it would start the others again.
  const services = ['supervisor', 'worker', 'temporal', 'minio'];
  const pids = await Promise.all(services.map((service) => pidOf(bench, service)));
  return [...pids, ...(await childrenOf(bench.stack.environment.home))];
}
