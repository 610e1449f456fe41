import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '@atelier/errors';
import { failureFrom } from '@atelier/errors/testing';
import { writeWhole } from '@atelier/files';
import { recordProcess } from '@atelier/processes';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silent } from './command-log.ts';
import {
  logPath,
  readRecord,
  recordPath,
  type ServiceStatus,
  type StackPlan,
  type SupervisorRecord,
  writeRecord,
} from './stack-file.ts';
import { waitUntilHealthy } from './wait-until-healthy.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'atelier-wait-'));
});
afterEach(() => rm(home, { recursive: true }));

const spec = {
  name: 'worker',
  command: 'node',
  args: [],
  cwd: '/',
  variables: {},
  health: { kind: 'running' as const },
  after: [],
  graceMs: 1_000,
  version: '',
};
const plan: StackPlan = {
  schemaVersion: 1,
  ports: { temporal: 1, temporalUi: 2, temporalHttp: 3, temporalMetrics: 4, s3: 5, s3Console: 6 },
  services: [spec],
};

const recordWith = (status: Partial<ServiceStatus>): SupervisorRecord => ({
  schemaVersion: 1,
  supervisor: recordProcess(process.pid)!,
  startedAt: new Date().toISOString(),
  services: [{ name: 'worker', status: 'restarting', restarts: 0, failures: 0, spec, ...status }],
});

const wait = (): Promise<SupervisorRecord> => waitUntilHealthy(home, plan, silent);

/** What stood in `supervisor.json` before deaths in a row were counted. */
async function writeOlderRecord(status: Partial<ServiceStatus>): Promise<void> {
  await writeRecord(home, recordWith(status));
  const record = JSON.parse(await readFile(recordPath(home), 'utf8'));
  for (const service of record.services) delete service.failures;
  // It is being read meanwhile.
  await writeWhole(recordPath(home), JSON.stringify(record));
}

test('a service that died three times in a row does not start', async () => {
  await writeRecord(
    home,
    recordWith({ restarts: 3, failures: 3, lastDeath: 'ended with exit code 1' }),
  );
  await expect(wait()).rejects.toThrow('worker does not start');
  await expect(wait()).rejects.toThrow('ended with exit code 1');
});

test.each([
  'file is not a database (26)',
  'database disk image is malformed (11)',
  'SQL logic error: no such table: namespaces (1)',
])('a damaged database is put aside: %s', async (said) => {
  await mkdir(join(home, 'logs'), { recursive: true });
  const told = `Error: failed starting server: failed creating namespaces: ${said}`;
  await writeFile(logPath(home, 'worker'), told);
  await writeRecord(home, recordWith({ failures: 3, lastDeath: 'ended with exit code 1' }));
  const failure = await failureFrom(UserError, wait());
  expect(failure.what).toBe('worker does not start: its database is damaged');
  expect(failure.remedy).toContain(`mv ${home}/temporal ${home}/temporal-damaged`);
});

test('a port that only root may have is not taken for a file', async () => {
  await mkdir(join(home, 'logs'), { recursive: true });
  const told = 'Error: setting up Temporal UI: listen tcp 127.1.28.75:1: bind: permission denied';
  await writeFile(logPath(home, 'worker'), told);
  await writeRecord(home, recordWith({ failures: 3, lastDeath: 'ended with exit code 1' }));
  const failure = await failureFrom(UserError, wait());
  expect(failure.what).toBe('worker does not start: it may not listen on its port');
});

test('deaths of long ago do not count: the next start is waited for', async () => {
  await writeRecord(home, recordWith({ restarts: 7, failures: 1 }));
  const waiting = wait();
  waiting.catch(() => {});
  await sleep(100);
  await writeRecord(home, recordWith({ status: 'healthy', restarts: 7, failures: 1 }));
  expect((await waiting).services[0]?.restarts).toBe(7);
});

test('the record of an older version is read, and its restarts hold nobody up', async () => {
  await writeOlderRecord({ restarts: 7 });
  expect((await readRecord(home))?.services[0]).toMatchObject({ restarts: 7, failures: 0 });
  const waiting = wait();
  waiting.catch(() => {});
  await sleep(100);
  await writeOlderRecord({ status: 'healthy', restarts: 7 });
  expect((await waiting).services[0]?.status).toBe('healthy');
});
