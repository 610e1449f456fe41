import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@atelier/artifacts';
import { expect, onTestFinished, test } from 'vitest';
import { codeIdentity } from './code-identity.ts';

test('code is known by its commit where there is one, and by whether it is what was committed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'atelier-code-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'package-lock.json'), '{}');
  const known = { sources: 'a'.repeat(64), lockfile: sha256('{}') };
  expect(await codeIdentity(folder, known.sources)).toEqual(known);

  const git = (...args: string[]) =>
    execFileSync(
      'git',
      ['-C', folder, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args],
      { encoding: 'utf8' },
    ).trim();
  git('init', '--quiet');
  git('add', '.');
  git('commit', '--quiet', '--message', 'First');
  const commit = git('rev-parse', 'HEAD');
  expect(await codeIdentity(folder, known.sources)).toEqual({ ...known, commit, dirty: false });
  const isDirty = async () => (await codeIdentity(folder, known.sources)).dirty;
  await writeFile(join(folder, 'photo.png'), '');
  expect(await isDirty()).toBe(false);
  await mkdir(join(folder, 'packages'));
  await writeFile(join(folder, 'packages/more.ts'), '');
  expect(await isDirty()).toBe(true);
  await rm(join(folder, 'packages'), { recursive: true });
  await writeFile(join(folder, 'package-lock.json'), '{"a":1}');
  expect(await isDirty()).toBe(true);
});
