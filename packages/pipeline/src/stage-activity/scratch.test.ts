import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { workerIdentity } from '../worker/worker-identity.ts';
import { pruneCache, scratchDirectory } from './scratch.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-scratch-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function leftBy(worker: string, name: string): Promise<string> {
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, 'worker'), worker);
  return name;
}

test('what a killed worker left is removed; that of living ones and other machines is kept', async () => {
  const mine = await scratchDirectory(folder);
  const [, place] = workerIdentity().split('@') as [string, string];
  // Beyond the largest pid that Linux gives.
  await leftBy(`4194305@${place}`, 'attempt-dead');
  const far = await leftBy(`4194305@elsewhere/${place}`, 'attempt-far');
  await mkdir(join(folder, 'something-else'));
  const next = await scratchDirectory(folder);
  expect((await readdir(folder)).sort()).toEqual(
    [basename(mine), basename(next), far, 'something-else'].sort(),
  );
});

test('only what was not used for long is pruned', async () => {
  await mkdir(join(folder, 'ab'));
  for (const name of ['old', 'new']) await writeFile(join(folder, 'ab', name), name);
  const past = new Date(Date.now() - 8 * 86_400_000);
  await utimes(join(folder, 'ab', 'old'), past, past);
  await pruneCache(folder, 7);
  expect(await readdir(join(folder, 'ab'))).toEqual(['new']);
  await pruneCache(join(folder, 'absent'), 7);
});
