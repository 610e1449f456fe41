import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signalProcess } from '@atelier/processes';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Keeper, keep } from './keeper.ts';
import type { ServiceSpec } from './service-spec.ts';

// Nobody wants to wait for half a minute of health here.
const backoff = vi.hoisted(() => ({ healthyAfterMs: 0 }));
vi.mock('./backoff.ts', async (original) => ({
  ...(await original()),
  get HEALTHY_AFTER_MS() {
    return backoff.healthyAfterMs;
  },
}));

// A disk that is full or busy takes its time to close a log.
vi.mock('./log-file.ts', async (original) => {
  const files = await original<typeof import('./log-file.ts')>();
  const openLog: typeof files.openLog = async (path) => {
    const file = await files.openLog(path);
    const close = file.close.bind(file);
    return Object.assign(file, { close: () => sleep(300).then(close) });
  };
  return { ...files, openLog };
});

let folder: string;
let logPath: string;
let said: string[];
let keeper: Keeper | undefined;
beforeEach(async () => {
  backoff.healthyAfterMs = 0;
  folder = await mkdtemp(join(tmpdir(), 'atelier-keeper-'));
  logPath = join(folder, 'logs', 'a.log');
  said = [];
});
afterEach(async () => {
  await keeper?.stop();
  await rm(folder, { recursive: true });
});

const RUNS = `console.log('up'); setInterval(() => {}, 1e6)`;

function start(program: string, changes: Partial<ServiceSpec> = {}): Keeper {
  const spec: ServiceSpec = {
    name: 'a',
    command: process.execPath,
    args: ['-e', program],
    cwd: folder,
    variables: {},
    health: { kind: 'running' },
    after: [],
    graceMs: 1_000,
    version: '',
    ...changes,
  };
  keeper = keep(spec, {
    logPath,
    ready: async () => {},
    onChange: () => {},
    say: (text) => said.push(text),
  });
  return keeper;
}

const status = () => keeper!.status();
const until = (assertion: () => void) => vi.waitFor(assertion, { timeout: 20_000, interval: 20 });
const untilHealthy = () => until(() => expect(status().status).toBe('healthy'));

test('a service whose log cannot be opened runs without it', async () => {
  await writeFile(join(folder, 'logs'), 'a file where the folder should be');
  start(RUNS);
  await untilHealthy();
  expect(status().restarts).toBe(0);
  expect(said.join('\n')).toMatch(/a is started without its log \(EEXIST/);
});

test('a log that cannot be cut is written on', async () => {
  await mkdir(`${logPath}.1`, { recursive: true });
  await writeFile(logPath, '');
  await truncate(logPath, 21 * 2 ** 20);
  start(RUNS);
  await untilHealthy();
  expect((await readFile(logPath)).subarray(-3).toString()).toBe('up\n');
  expect(said.join('\n')).toMatch(/the log of a could not be cut/);
});

test.each([
  ['is not there', { command: '/no/such/program' }, /ENOENT/],
  ['takes no such arguments', { args: ['x'.repeat(2 ** 20)] }, /E2BIG/],
])('a program that %s is tried again', async (_, changes, why) => {
  start('', changes);
  await until(() => expect(status().restarts).toBe(2));
  expect(status().lastDeath).toMatch(/^could not be started/);
  expect(status().lastDeath).toMatch(why);
});

test('a service that ends before its log is closed has ended all the same', async () => {
  start('', { command: '/bin/sh', args: ['-c', 'exit 3'] });
  await until(() => expect(status().restarts).toBe(2));
  expect(status().lastDeath).toBe('ended with exit code 3');
});

test('deaths in a row are counted until health forgets them, restarts for ever', async () => {
  const mended = join(folder, 'mended');
  start(`if (!require('node:fs').existsSync(${JSON.stringify(mended)})) process.exit(3); ${RUNS}`);
  await until(() => expect(status()).toMatchObject({ failures: 2, restarts: 2 }));
  expect(status().lastDeath).toBe('ended with exit code 3');
  await writeFile(mended, '');
  await until(() => expect(status()).toMatchObject({ status: 'healthy', failures: 0 }));
  const { restarts, process } = status();

  signalProcess(process!.pid, 'SIGKILL');
  await until(() => expect(status()).toMatchObject({ failures: 1, restarts: restarts + 1 }));
});

test('a health that is too short forgets nothing', async () => {
  backoff.healthyAfterMs = 60_000;
  start(RUNS);
  for (const failures of [1, 2]) {
    await untilHealthy();
    signalProcess(status().process!.pid, 'SIGKILL');
    await until(() => expect(status()).toMatchObject({ failures, restarts: failures }));
  }
});
