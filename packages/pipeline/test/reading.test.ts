import { setTimeout as sleep } from 'node:timers/promises';
import { stackStatus } from '@atelier/infra';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AtelierStack, quick, startAtelierStack } from './atelier-stack.ts';
import { until } from './until.ts';

let at: AtelierStack;

beforeAll(async () => {
  at = await startAtelierStack();
  const dataset = await at.dataset('reading');
  const run = ['start', '--dataset', dataset, ...quick, '--epochs', '3', '--run', 'read'];
  expect((await at.atelier(run)).code).toBe(0);
  const schedule = ['schedule', '--dataset', dataset, '--cron', '0 2 * * *', '--timezone', 'UTC'];
  expect((await at.atelier(schedule)).code).toBe(0);
  // A test's stack removes itself when it is stopped, unless a supervisor takes it over.
  process.kill(at.stack.state.supervisorPid!, 'SIGKILL');
  expect((await at.atelier(['up'])).code).toBe(0);
});
afterAll(() => at?.stop());

const services = async (): Promise<string[]> => {
  const found = (await stackStatus(at.stack.environment)).services;
  return found.filter(({ pid }) => pid !== undefined).map(({ name }) => name);
};

test('a schedule without a worker is named by down, status and doctor', async () => {
  expect((await at.atelier(['status'])).output).not.toContain('trains nothing');
  const idle = 'atelier-nightly (0 2 * * *, UTC) trains nothing: the local stack is stopped';
  for (const command of ['down', 'status', 'doctor'])
    expect((await at.atelier([command])).output).toContain(idle);
});

test('commands that only read leave a stack stopped that was stopped', async () => {
  const runs = await at.atelier(['runs']);
  expect(runs.code).toBe(0);
  expect(runs.stdout).toMatch(/^read +finished /m);
  expect(await services()).toEqual([]);

  const followed = await at.atelier(['follow', 'read', '--json']);
  expect(followed.code).toBe(0);
  expect(followed.stderr).toMatch(/^ *3\/3 /m);
  expect(followed.stderr).toMatch(/^✓ report /m);
  expect(followed.json()).toMatchObject({ runId: 'read', cached: { train: false } });
  expect(await services()).toEqual([]);

  const fetched = await at.atelier(['fetch', '--out', `${at.folder}/out`]);
  expect(fetched.stdout).toContain('The files of run read are in');
  expect(await services()).toEqual([]);
});

test('two that read at once share the stack, and the last one stops it', async () => {
  const both = await Promise.all([at.atelier(['runs']), at.atelier(['runs'])]);
  for (const { code, stdout } of both) {
    expect(code).toBe(0);
    expect(stdout).toMatch(/^read +finished /m);
  }
  expect(await services()).toEqual([]);
});

test('a stack whose only reader was killed stops by itself', async () => {
  const killed = at.atelier(['runs'], {}, (child) => {
    void until('the services', async () => {
      const names = await services();
      return names.includes('minio') ? names : undefined;
    }).then(() => child.kill('SIGKILL'));
  });
  expect((await killed).code).toBe(null);
  await until('the end of the stack', async () =>
    (await services()).length === 0 ? true : undefined,
  );
});

test('a stack that is asked to stay while a command reads stays', async () => {
  const reading = at.atelier(['runs']);
  await until('the services', async () => (await services()).length || undefined);
  expect((await at.atelier(['up'])).code).toBe(0);
  expect((await reading).code).toBe(0);
  await sleep(2_000);
  expect(await services()).toEqual(['temporal', 'ui', 'minio', 'worker']);
  // A killed supervisor is no reason to stop anything either: the services run on.
  process.kill((await stackStatus(at.stack.environment)).state!.supervisorPid!, 'SIGKILL');
  expect((await at.atelier(['runs'])).code).toBe(0);
  expect((await stackStatus(at.stack.environment)).condition).toBe('running');
  expect(await services()).toEqual(['temporal', 'ui', 'minio', 'worker']);
  expect((await at.atelier(['unschedule'])).code).toBe(0);
  expect((await at.atelier(['down'])).output).not.toContain('trains nothing');
});

test('a stack without a worker says so', async () => {
  expect((await at.atelier(['up'], { ATELIER_WORKER: 'none' })).code).toBe(0);
  expect((await at.atelier(['status'])).stdout).toMatch(/^ {2}worker +none/m);
  expect((await at.atelier(['down'])).code).toBe(0);
});
