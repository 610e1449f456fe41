import { chmod, chown, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { closeHome } from './close-home.ts';
import { silent } from './command-log.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-home-'));
});
afterEach(() => rm(folder, { recursive: true }));

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test('a home that others may read is closed, with what lies inside, and it is said', async () => {
  const home = join(folder, 'home');
  const files = ['stack.json', 'temporal/temporal.db', 'logs/worker.log'];
  for (const name of ['temporal', 'logs', 'minio'])
    await mkdir(join(home, name), { recursive: true });
  for (const name of files) await writeFile(join(home, name), '', { mode: 0o644 });
  for (const path of [home, join(home, 'temporal')]) await chmod(path, 0o755);

  const said: string[] = [];
  const log = { info: (text: string) => void said.push(text), warn: silent.warn };
  await closeHome(home, log);
  expect(said).toEqual([
    `${home} was open to other users of this machine (mode 0755): now it is 0700.`,
  ]);
  for (const name of ['.', 'temporal', 'logs', 'minio', ...files])
    expect((await modeOf(join(home, name))) & 0o077, name).toBe(0);
  expect(await modeOf(join(home, 'stack.json'))).toBe(0o600);

  await closeHome(home, log);
  expect(said).toHaveLength(1);
});

test('what a link in the home leads to is left as it is', async () => {
  const [home, elsewhere] = [join(folder, 'home'), join(folder, 'elsewhere')];
  await writeFile(elsewhere, '', { mode: 0o644 });
  await mkdir(home);
  await symlink(elsewhere, join(home, 'link'));
  await closeHome(home, silent);
  expect(await modeOf(elsewhere)).toBe(0o644);
  expect(await modeOf(home)).toBe(0o700);
});

test.skipIf(userInfo().uid !== 0)('root may use the home of another user', async () => {
  await chown(folder, 12_345, 12_345);
  await closeHome(folder, silent);
  expect((await stat(folder)).uid).toBe(12_345);
});
