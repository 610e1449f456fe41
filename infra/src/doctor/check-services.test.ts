import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '@atelier/environment';
import { WorldError } from '@atelier/errors';
import { recordProcess } from '@atelier/processes';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { USUAL_PORTS } from '../ensure-stack.ts';
import { type ServiceStatus, writePlan, writeRecord } from '../stack-file.ts';
import { allGuarded } from './check.ts';
import { type Connections, checkServices } from './check-services.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'atelier-doctor-'));
});
afterEach(() => rm(home, { recursive: true }));

const connections: Connections = {
  temporal: async () => {
    throw new WorldError({
      what: 'Temporal does not answer.',
      where: 't:1, through the proxy http://p:2',
      found: 'ECONNREFUSED',
      remedy: 'check http_proxy',
    });
  },
  s3: async ({ endpoint }) => `${endpoint}, bucket a`,
  nights: async ({ temporal }) =>
    temporal ? [{ found: 'nightly: one night was missed', remedy: 'make up for it' }] : [],
};

test('what a client says is found, and the other checks are made', async () => {
  const environment = readEnvironment({
    ATELIER_HOME: home,
    ATELIER_S3_ENDPOINT: 'https://s3.example',
    ATELIER_S3_ACCESS_KEY: 'a',
    ATELIER_S3_SECRET_KEY: 'b',
    TEMPORAL_ADDRESS: 't:1',
  });
  const checks = await checkServices(environment, connections);
  expect(checks[1]).toEqual({
    ...{ name: 'Nights', status: 'warning' },
    ...{ found: 'nightly: one night was missed', remedy: 'make up for it' },
  });
  expect(checks.slice(-2)).toEqual([
    {
      name: 'Connection to Temporal',
      status: 'failed',
      found: 't:1, through the proxy http://p:2: ECONNREFUSED',
      remedy: 'check http_proxy',
    },
    { name: 'Connection to S3', status: 'ok', found: 'https://s3.example, bucket a' },
  ]);
});

test('a local stack that is stopped is not asked', async () => {
  const checks = await checkServices(readEnvironment({ ATELIER_HOME: home }), connections);
  for (const check of checks.slice(-2))
    expect(check).toMatchObject({ status: 'ok', found: 'not tried: the local stack is stopped' });
});

test('a stack that runs without a worker is told from a whole one', async () => {
  const self = recordProcess(process.pid)!;
  const service = (name: string): ServiceStatus => ({
    ...{ name, status: 'healthy', process: self, restarts: 0, failures: 0 },
    spec: {
      ...{ name, command: 'x', args: [], cwd: home, variables: {}, after: [], graceMs: 1 },
      ...{ health: { kind: 'running' }, version: '' },
    },
  });
  const stack = async (names: string[], variables = {}) => {
    const services = names.map(service);
    const specs = services.map(({ spec }) => spec);
    await writePlan(home, { schemaVersion: 1, ports: USUAL_PORTS, services: specs });
    await writeRecord(home, { schemaVersion: 1, supervisor: self, startedAt: '', services });
    const environment = readEnvironment({ ATELIER_HOME: home, ...variables });
    return (await checkServices(environment, connections))[0];
  };
  expect(await stack(['temporal', 'minio'])).toEqual({
    name: 'Local stack',
    status: 'warning',
    found: 'running: temporal, minio; no worker: runs wait',
    remedy: '`npx atelier up` starts one',
  });
  const whole = { name: 'Local stack', status: 'ok', found: 'running: temporal, minio, worker' };
  expect(await stack(['temporal', 'minio', 'worker'])).toEqual(whole);
  expect(await stack(['temporal', 'minio'], { ATELIER_WORKER: 'none' })).toMatchObject({
    status: 'ok',
  });
});

test('checks that cannot be made at all are one failed check', async () => {
  // A folder that is a file: the stack's record cannot be read.
  const file = join(home, 'file');
  await writeFile(file, '');
  const environment = readEnvironment({ ATELIER_HOME: file });
  const checks = await allGuarded('Services', () => checkServices(environment, connections));
  expect(checks).toHaveLength(1);
  expect(checks[0]).toMatchObject({ name: 'Services', status: 'failed' });
});
