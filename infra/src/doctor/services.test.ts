import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '@atelier/environment';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { allGuarded } from './check.ts';
import { checkServices } from './services.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'atelier-doctor-'));
});
afterEach(() => rm(home, { recursive: true }));

test('an address that cannot be one is a failed check, and the others are made', async () => {
  const environment = readEnvironment({ ATELIER_HOME: home });
  const checks = await checkServices({ ...environment, temporal: { address: '127.0.0.1:99999' } });
  const temporal = checks.find(({ name }) => name === 'Connection to Temporal');
  expect(temporal).toMatchObject({ status: 'failed', found: expect.stringContaining('99999') });
  expect(checks.at(-1)).toMatchObject({ name: 'Connection to S3', status: 'ok' });
});

test('checks that cannot be made at all are one failed check', async () => {
  // A folder that is a file: the stack's record cannot be read.
  const file = join(home, 'file');
  await writeFile(file, '');
  const environment = readEnvironment({ ATELIER_HOME: file });
  const checks = await allGuarded('Services', () => checkServices(environment));
  expect(checks).toHaveLength(1);
  expect(checks[0]).toMatchObject({ name: 'Services', status: 'failed' });
});
