import { spawn } from 'node:child_process';
import { readEnvironment } from '@atelier/environment';
import { atelierWorker } from '@atelier/infra';
import { until } from '../until.ts';
import { childrenOf, environmentOf, freeze, killHard, parentOf } from './processes.ts';
import type { Strike } from './strike.ts';
import type { TestBench } from './test-bench.ts';
import { pidOf } from './victims.ts';

/** Starts another worker beside the stack's own, on the same queues; returns how to end it. */
export async function startSecondWorker(bench: TestBench): Promise<() => Promise<void>> {
  const environment = await environmentOf(await pidOf(bench, 'worker'));
  const { command, args } = atelierWorker(readEnvironment());
  const child = spawn(command, args, { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  await until('the second worker to serve', () => log.includes('Serving') || undefined, 30);
  return async () => {
    if (child.exitCode === null && child.signalCode === null) await killHard([child.pid!]);
  };
}

/** Kills the worker that trains, whichever it is; the other one is there. */
export const killTrainingWorker: Strike = async (bench) => {
  await killHard([await trainingWorker(bench)]);
  return [];
};

/** The worker that trains stands still until the other one has taken over, and then comes back. */
export const zombie: Strike = async (bench) => [freeze(await trainingWorker(bench), 20_000)];

async function trainingWorker({ stack }: TestBench): Promise<number> {
  const [trainer] = await childrenOf(stack.environment.home, ['trainer-main']);
  if (trainer === undefined) throw new Error('there is no trainer');
  return parentOf(trainer);
}
