import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { type RecordedProcess, recordProcess } from '@atelier/processes';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRecord, writePlan, writeRecord } from './stack-file.ts';
import { sweepAbandonedStacks } from './test-stack.ts';

let folder: string;
let victim: ChildProcess;
let home: string;

/** What a killed test leaves behind, as whoever knows its form can write it, about any process. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-sweep-'));
  victim = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  await once(victim, 'spawn');
  home = await mkdtemp(join(folder, 'atelier-test-'));
  const ended: RecordedProcess = { pid: 2 ** 22, identity: 'none' };
  const ports = { temporal: 1, temporalUi: 2, temporalHttp: 3, temporalMetrics: 4, s3: 5 };
  await writePlan(home, {
    schemaVersion: 1,
    ports: { ...ports, s3Console: 6 },
    services: [],
    ownedBy: ended,
  });
  await writeRecord(home, {
    schemaVersion: 1,
    supervisor: ended,
    startedAt: new Date().toISOString(),
    services: [
      {
        ...{ name: 'minio', status: 'healthy', restarts: 0, failures: 0 },
        process: recordProcess(victim.pid!)!,
        spec: {
          ...{ name: 'minio', command: 'sleep', args: [], cwd: '/', variables: {} },
          ...{ health: { kind: 'running' }, after: [], graceMs: 1_000, version: '' },
        },
      },
    ],
  });
});
afterEach(async () => {
  victim.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const lives = (): boolean => recordProcess(victim.pid!) !== undefined;

test('a left-over of this user’s own is ended and removed', async () => {
  await sweepAbandonedStacks(folder);
  expect(lives()).toBe(false);
  expect(existsSync(home)).toBe(false);
});

test('a link to what looks like a left-over kills nothing', async () => {
  const elsewhere = join(folder, 'elsewhere');
  await rename(home, elsewhere);
  await symlink(elsewhere, home);
  await sweepAbandonedStacks(folder);
  expect(lives()).toBe(true);
  expect(existsSync(elsewhere)).toBe(true);
});

test.each([0o777, 0o720, 0o755])('a left-over of mode %o kills nothing and stays', async (mode) => {
  await chmod(home, mode);
  await sweepAbandonedStacks(folder);
  expect(lives()).toBe(true);
  expect(existsSync(home)).toBe(true);
});

test.skipIf(userInfo().uid !== 0)('another user’s kills nothing and stays (as root)', async () => {
  await chown(home, 12_345, 12_345);
  await sweepAbandonedStacks(folder);
  expect(lives()).toBe(true);
  expect(existsSync(home)).toBe(true);
});

test('a record that names the group of every process is not followed', async () => {
  const path = join(home, 'supervisor.json');
  const record = JSON.parse(await readFile(path, 'utf8'));
  const everyone = { pid: 1, identity: recordProcess(1)?.identity ?? '' };
  record.services[0].process = everyone;
  await writeFile(path, JSON.stringify(record));
  await expect(readRecord(home)).rejects.toThrow(/pid/);
  await sweepAbandonedStacks(folder);
  expect(existsSync(home)).toBe(true);
});
