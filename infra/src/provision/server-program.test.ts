import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '@atelier/environment';
import { WorldError } from '@atelier/errors';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import versions from '../../versions.json' with { type: 'json' };
import { minioProgram, minioVersionProblem } from './minio-program.ts';
import { goPlatform, type Program, provideProgram } from './server-program.ts';
import { temporalVersionProblem } from './temporal-program.ts';

let folder: string;
let steps: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-program-'));
  steps = [];
});
afterEach(() => rm(folder, { recursive: true }));

const refused = new WorldError({ what: 'A download failed', where: 'https://x', found: 'offline' });

const program = (overrides: Partial<Program> = {}): Program => ({
  title: 'Tool',
  command: 'tool',
  variable: 'ATELIER_TOOL_BINARY',
  cached: join(folder, 'cache', 'tool-2'),
  versionProblem: (output) => (output.includes('2.0') ? undefined : 'it is old'),
  async download(draft) {
    steps.push('download');
    await writeFile(draft, 'downloaded');
  },
  async build(draft) {
    steps.push('build');
    await writeFile(draft, 'built');
  },
  buildTakes: 'a while',
  ...overrides,
});

async function executable(name: string, says: string): Promise<string> {
  const path = join(folder, 'bin', name);
  await mkdir(join(folder, 'bin'), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho "${says}"\n`);
  await chmod(path, 0o755);
  return path;
}

const options = (explicit?: string) => ({
  explicit,
  path: join(folder, 'bin'),
  log: { info: (text: string) => void steps.push(text), warn: () => {} },
});

test('a binary named by the person comes before all others', async () => {
  await executable('tool', 'tool 2.0');
  const own = await executable('mine', 'tool 1.0');
  expect(await provideProgram(program(), options(own))).toBe(own);
  expect(steps).toEqual([]);
});

test('a named binary that is none is refused by the name of the variable', async () => {
  const other = await executable('other', 'something else');
  for (const path of [other, join(folder, 'absent')]) {
    await expect(provideProgram(program(), options(path))).rejects.toThrow(
      /ATELIER_TOOL_BINARY does not name a Tool program/,
    );
  }
});

test('one on the search path is used when its version will do', async () => {
  const path = await executable('tool', 'tool 2.0');
  expect(await provideProgram(program(), options())).toBe(path);
  expect(steps).toEqual([]);
});

test('else it is downloaded, once, and then in the cache', async () => {
  await executable('tool', 'tool 1.0');
  const { cached } = program();
  expect(await provideProgram(program(), options())).toBe(cached);
  expect(await readFile(cached, 'utf8')).toBe('downloaded');
  expect(steps[0]).toMatch(/is not used: it is old/);
  steps = [];
  expect(await provideProgram(program(), options())).toBe(cached);
  expect(steps).not.toContain('download');
});

test('where it cannot be downloaded it is built', async () => {
  await executable('go', 'go');
  const offline = program({ download: () => Promise.reject(refused) });
  expect(await readFile(await provideProgram(offline, options()), 'utf8')).toBe('built');
});

test('without Go, the error says what to install or to set', async () => {
  const offline = program({ download: () => Promise.reject(refused) });
  await expect(provideProgram(offline, options())).rejects.toThrow(
    /can neither be downloaded nor built[\s\S]*: install Go[\s\S]*ATELIER_TOOL_BINARY/,
  );
});

test('without Go, what would let the download work is said as well', async () => {
  const remedy = 'name the certificate in NODE_EXTRA_CA_CERTS';
  const untrusted = new WorldError({ ...refused.failure, remedy });
  const offline = program({ download: () => Promise.reject(untrusted) });
  await expect(provideProgram(offline, options())).rejects.toThrow(
    /: name the certificate in NODE_EXTRA_CA_CERTS; or install Go/,
  );
});

test('a full disk is not taken for a failed download', async () => {
  const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
  await expect(
    provideProgram(program({ download: () => Promise.reject(full) }), options()),
  ).rejects.toThrow('The disk is full');
  expect(steps).not.toContain('build');
});

test('versions are told from what the programs print', () => {
  const temporal = (server: string) =>
    temporalVersionProblem(`temporal version 1.8.2 (Server ${server}, UI 2.50.1)`);
  expect(temporal('1.31.2')).toBeUndefined();
  expect(temporal('1.100.0')).toBeUndefined();
  expect(temporal('1.9.9')).toMatch(/at least 1.31/);
  expect(temporalVersionProblem('')).toMatch(/does not say/);
  const minio = (release: string) => minioVersionProblem(`minio version ${release} (commit-id=1)`);
  expect(minio('RELEASE.2025-09-07T16-13-09Z')).toBeUndefined();
  expect(minio('RELEASE.2023-09-07T16-13-09Z')).toMatch(/at least RELEASE.2025/);
  expect(minio('DEVELOPMENT.GOGET')).toMatch(/does not say/);
});

test('source that is not what it was is not built', async () => {
  await executable('go', '{ \\"Dir\\": \\"/nowhere\\", \\"Sum\\": \\"h1:another\\" }');
  vi.stubEnv('PATH', `${join(folder, 'bin')}:${readEnvironment().path}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(minioProgram(readEnvironment()).build(join(folder, 'draft'))).rejects.toThrow(
    /not what it was when it was chosen[\s\S]*found: h1:another/,
  );
});

test('platforms have the names that Go gives them', () => {
  expect(goPlatform('linux', 'x64')).toEqual({ os: 'linux', arch: 'amd64' });
  expect(goPlatform('darwin', 'arm64')).toEqual({ os: 'darwin', arch: 'arm64' });
});

test.each(['temporal', 'minio'] as const)(
  'every binary of %s that may be downloaded has its hash here',
  (program) => {
    const { download, published, sha256 } = versions[program];
    expect(published.startsWith(`${download}/`)).toBe(true);
    expect(Object.keys(sha256)).toEqual(['linux-amd64', 'linux-arm64']);
    for (const hash of Object.values(sha256)) expect(hash).toMatch(/^[0-9a-f]{64}$/);
  },
);

test('the releases are those whose versions are named', () => {
  const { temporal, minio } = versions;
  expect(temporal.download).toBe(
    `https://github.com/temporalio/cli/releases/download/v${temporal.version}`,
  );
  expect(minio.download).toBe(`https://github.com/minio/minio/releases/download/${minio.release}`);
  expect(minio.published).toBe(`${minio.download}/minio.linux-amd64.${minio.release}`);
});
