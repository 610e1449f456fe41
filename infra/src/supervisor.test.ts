import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess, isRunning, signalProcess, waitForEnd } from '@atelier/processes';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lastLines } from './log-file.ts';
import type { ServiceSpec } from './service-spec.ts';
import { logPath, planPath, readRecord, type StackPlan, writePlan } from './stack-file.ts';
import { startSupervisor } from './start-supervisor.ts';
import { supervise } from './supervisor.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'atelier-supervisor-'));
});
afterEach(async () => {
  const record = await readRecord(home);
  for (const { process, spec } of record?.services ?? []) {
    if (process) await endProcess(process, spec.graceMs);
  }
  await rm(home, { recursive: true });
});

const service = (name: string): ServiceSpec => ({
  name,
  command: process.execPath,
  args: ['-e', 'setInterval(() => {}, 1e6)'],
  cwd: home,
  variables: {},
  health: { kind: 'running' },
  after: [],
  graceMs: 1_000,
  version: '',
});

const planOf = (...names: string[]): StackPlan => ({
  schemaVersion: 1,
  ports: { temporal: 1, temporalUi: 2, temporalHttp: 3, temporalMetrics: 4, s3: 5, s3Console: 6 },
  services: names.map(service),
});

/** Resolves with the processes once exactly these services run. */
async function running(...names: string[]) {
  return vi.waitFor(
    async () => {
      const services = (await readRecord(home))?.services ?? [];
      expect(services.map(({ name }) => name)).toEqual(names);
      for (const { process } of services) expect(isRunning(process)).toBe(true);
      return services.map(({ process }) => process!);
    },
    { timeout: 20_000 },
  );
}

test('a plan that cannot be followed stands in the way of nothing that is asked later', async () => {
  await writePlan(home, planOf('a'));
  const supervisor = await supervise(home, () => {});
  await running('a');

  await writeFile(planPath(home), 'half a pl');
  await expect(supervisor.reconcile()).rejects.toThrow('cannot be read');
  const [a] = await running('a');

  await writePlan(home, planOf('a', 'b'));
  await supervisor.reconcile();
  const processes = await running('a', 'b');
  expect(processes[0]).toEqual(a);

  await writeFile(planPath(home), 'half a pl');
  await expect(supervisor.reconcile()).rejects.toThrow('cannot be read');
  await supervisor.shutDown();
  for (const process of processes) expect(isRunning(process)).toBe(false);
});

test('a plan that cannot be followed is told of in the log, and the end is as ever', async () => {
  await writePlan(home, planOf('a'));
  const supervisor = await startSupervisor(home);
  const [a] = await running('a');
  await writeFile(planPath(home), 'half a pl');
  const lines = async () => (await lastLines(logPath(home, 'supervisor'), 50)).join('\n');
  // It writes its record before it follows signals; until then it takes note of none.
  await vi.waitFor(
    async () => {
      signalProcess(supervisor.pid, 'SIGHUP');
      expect(await lines()).toMatch(/The plan was not followed: .*cannot be read/);
    },
    { timeout: 20_000, interval: 200 },
  );

  signalProcess(supervisor.pid, 'SIGTERM');
  expect(await waitForEnd(supervisor, 20_000)).toBe(true);
  expect(isRunning(a)).toBe(false);
  expect(await readRecord(home)).toBeUndefined();
  expect(await lines()).toMatch(/stopped$/);
});
