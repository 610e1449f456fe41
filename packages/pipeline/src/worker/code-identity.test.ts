import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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
  await writeFile(join(folder, 'more.ts'), '');
  expect(await codeIdentity(folder, known.sources)).toEqual({ ...known, commit, dirty: true });
});
