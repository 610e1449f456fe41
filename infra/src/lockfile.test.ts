import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEnvironment } from '@atelier/environment';
import { expect, test } from 'vitest';
import { completeLockfile } from '../bootstrap/complete-lockfile.mjs';

test('packages of other platforms are added, with what makes npm skip them', () => {
  const packages = {
    'node_modules/tool': {
      version: '1.2.3',
      dev: true,
      optionalDependencies: {
        '@tool/darwin-arm64': '1.2.3',
        '@tool/linux-x64-gnu': '1.2.3',
        '@tool/linux-x64-musl': '1.2.3',
      },
    },
    'node_modules/@tool/linux-x64-gnu': { version: '1.2.3', integrity: 'sha512-a' },
  };
  expect(completeLockfile(packages)).toEqual([
    'node_modules/@tool/darwin-arm64',
    'node_modules/@tool/linux-x64-musl',
  ]);
  expect(packages).toMatchObject({
    'node_modules/@tool/darwin-arm64': { os: ['darwin'], cpu: ['arm64'], optional: true },
    'node_modules/@tool/linux-x64-musl': { os: ['linux'], libc: ['musl'], version: '1.2.3' },
    'node_modules/@tool/linux-x64-gnu': { integrity: 'sha512-a' },
  });
  expect(completeLockfile(packages)).toEqual([]);
});

test('a platform that cannot be told is not guessed', () => {
  const packages = { 'node_modules/tool': { optionalDependencies: { fsevents: '2' } } };
  expect(() => completeLockfile(packages)).toThrow(/fsevents/);
});

test('the lockfile is complete, so that `npm ci` takes it (else: infra/bin/complete-lockfile.mjs)', () => {
  const path = join(readEnvironment().workspace, 'package-lock.json');
  expect(completeLockfile(JSON.parse(readFileSync(path, 'utf8')).packages)).toEqual([]);
});
