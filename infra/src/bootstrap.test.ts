import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrapSettings } from '@atelier/environment';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { installCommand } from '../bootstrap/package-managers.mjs';
import { isInstalled } from '../bootstrap/packages.mjs';
import { isNodeNewEnough, missingMessage } from '../bootstrap/prerequisites.mjs';
import {
  cachedProgram,
  isProvisioned,
  provisioningKey,
  stampPath,
} from '../bootstrap/provisioned.mjs';

test('the cache keeps programs by platform', () => {
  expect(cachedProgram('/c', 'temporal-1')).toBe(
    `/c/bin/temporal-1-${process.platform}-${process.arch}`,
  );
});

test.each([
  ['18.20.4', false],
  ['20.18.3', false],
  ['20.19.0', true],
  ['21.7.3', false],
  ['22.11.0', false],
  ['22.12.0', true],
  ['24.0.0', true],
])('Node %s will do: %s', (version, enough) => {
  expect(isNodeNewEnough(version)).toBe(enough);
});

test('everything that is missing is named at once, each with what installs it', () => {
  const there = { name: 'npm', found: '11', why: 'it installs', remedy: 'x' };
  expect(missingMessage([there])).toBeUndefined();
  const message = missingMessage([
    there,
    { name: 'make', why: 'it builds', remedy: 'sudo apt-get install -y make' },
    { name: 'Go', found: undefined, why: 'it builds Temporal', remedy: 'https://go.dev' },
  ]);
  expect(message).toBe(
    'These are missing on this machine, so nothing was started:\n' +
      '  make: it builds\n    sudo apt-get install -y make\n' +
      '  Go: it builds Temporal\n    https://go.dev',
  );
});

test('the install command is that of the package manager which is there', () => {
  const only = (manager: string) => (command: string) => command === manager;
  expect(installCommand('compiler', only('apt-get'), false)).toBe('sudo apt-get install -y g++');
  expect(installCommand('pip', only('apt-get'), true)).toBe('apt-get install -y python3-pip');
  expect(installCommand('compiler', only('dnf'), false)).toBe('sudo dnf install -y gcc-c++');
  expect(installCommand('go', only('brew'), false)).toBe('brew install go');
  expect(installCommand('make', () => false)).toBeUndefined();
});

describe('the packages count as installed', () => {
  let workspace: string;
  beforeEach(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'atelier-packages-'));
    await mkdir(join(workspace, 'node_modules'));
  });
  afterEach(() => rm(workspace, { recursive: true }));

  const write = (path: string, packages: object) =>
    writeFile(join(workspace, path), JSON.stringify({ packages }));
  const record = join('node_modules', '.package-lock.json');
  const zod = { version: '4.0.0', integrity: 'sha512-a' };
  const wanted = {
    '': { name: 'atelier' },
    'packages/data': { version: '0.1.0' },
    'node_modules/zod': zod,
    'node_modules/@esbuild/other': { version: '1.0.0', integrity: 'sha512-b', optional: true },
  };

  test('when npm has recorded just what the lockfile names', async () => {
    await write('package-lock.json', wanted);
    expect(isInstalled(workspace)).toBe(false);
    await write(record, { 'node_modules/zod': zod });
    expect(isInstalled(workspace)).toBe(true);
  });

  test("but not when a workspace's command is not linked", async () => {
    await write('package-lock.json', { ...wanted, 'packages/cli': { bin: { tool: 'bin.mjs' } } });
    await write(record, { 'node_modules/zod': zod });
    expect(isInstalled(workspace)).toBe(false);
    await mkdir(join(workspace, 'node_modules', '.bin'));
    await writeFile(join(workspace, 'node_modules', '.bin', 'tool'), '');
    expect(isInstalled(workspace)).toBe(true);
  });

  test.each([
    ['another version', { ...zod, version: '4.0.1' }],
    ['other content', { ...zod, integrity: 'sha512-z' }],
    ['nothing', undefined],
  ])('but not when it recorded %s', async (_, entry) => {
    await write('package-lock.json', wanted);
    await write(record, entry ? { 'node_modules/zod': entry } : {});
    expect(isInstalled(workspace)).toBe(false);
  });

  test.each([
    ['empty', ''],
    ['cut short', '{"packages": {"node_modules/zod": {"vers'],
    ['without packages', 'null'],
  ])('but not when the record is %s', async (_, content) => {
    await write('package-lock.json', wanted);
    await writeFile(join(workspace, record), content);
    expect(isInstalled(workspace)).toBe(false);
  });
});

describe('a checkout counts as provisioned', () => {
  const settings = bootstrapSettings({});
  let workspace: string;
  let stamp: string;
  beforeEach(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'atelier-provisioned-'));
    await mkdir(join(workspace, 'node_modules'));
    await mkdir(join(workspace, 'infra', 'requirements'), { recursive: true });
    await writeFile(join(workspace, 'infra', 'versions.json'), '{}');
    stamp = JSON.stringify({ key: provisioningKey(workspace, settings), paths: [workspace] });
  });
  afterEach(() => rm(workspace, { recursive: true }));

  test('when its stamp says so', async () => {
    expect(isProvisioned(workspace, settings)).toBe(false);
    await writeFile(stampPath(workspace), stamp);
    expect(isProvisioned(workspace, settings)).toBe(true);
    expect(isProvisioned(workspace, bootstrapSettings({ ATELIER_DEVICE: 'gpu' }))).toBe(false);
  });

  test.each([
    ['empty', () => ''],
    ['cut short', () => stamp.slice(0, -3)],
    ['without a key', () => 'null'],
  ])('but not when the stamp is %s', async (_, content) => {
    await writeFile(stampPath(workspace), content());
    expect(isProvisioned(workspace, settings)).toBe(false);
  });
});
