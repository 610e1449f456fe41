import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { installAtomically } from './atomic-install.ts';

let cache: string;
let target: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'atelier-install-'));
  target = join(cache, 'lib', 'thing-1.0');
});
afterEach(() => rm(cache, { recursive: true, force: true }));

const folder = async (draft: string): Promise<void> => {
  await mkdir(join(draft, 'inner'), { recursive: true });
  await writeFile(join(draft, 'inner', 'file'), 'content');
};

test('a folder appears complete, and once', async () => {
  let builds = 0;
  const build = async (draft: string): Promise<void> => {
    expect(existsSync(target)).toBe(false);
    builds++;
    await folder(draft);
  };
  await Promise.all([1, 2, 3].map(() => installAtomically(target, build)));
  expect(builds).toBe(1);
  expect(await readFile(join(target, 'inner', 'file'), 'utf8')).toBe('content');
  expect(await readdir(join(cache, 'lib'))).toEqual(['thing-1.0']);
});

test('a file does, too', async () => {
  await installAtomically(target, (draft) => writeFile(draft, 'binary'));
  expect(await readFile(target, 'utf8')).toBe('binary');
});

test('a build that fails leaves nothing, and may be tried again', async () => {
  const failing = async (draft: string): Promise<void> => {
    await folder(draft);
    throw new Error('The compiler said no.');
  };
  await expect(installAtomically(target, failing)).rejects.toThrow('said no');
  expect(await readdir(join(cache, 'lib'))).toEqual([]);
  await installAtomically(target, folder);
  expect(existsSync(target)).toBe(true);
});

test('what a killed build left is never used and goes away', async () => {
  const module = fileURLToPath(new URL('./atomic-install.ts', import.meta.url));
  const program = `
    import { mkdir, writeFile } from 'node:fs/promises';
    import { installAtomically } from ${JSON.stringify(module)};
    await installAtomically(process.argv[1], async (draft) => {
      await mkdir(draft);
      await writeFile(draft + '/half', 'half');
      console.log('half way');
      await new Promise(() => setInterval(() => {}, 1e6));
    });`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', program, target];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(target)).toBe(false);
  expect(await readdir(join(cache, 'lib'))).toHaveLength(2);

  await installAtomically(target, folder);
  expect(await readdir(target)).toEqual(['inner']);
  expect(await readdir(join(cache, 'lib'))).toEqual(['thing-1.0']);
}, 20_000);

test('a draft of another machine stays, whose process cannot be seen from here', async () => {
  const dead = 2 ** 22 + 1;
  const drafts = [hostname(), `${hostname()}-2`].map((host) => `${target}.draft-${host}@${dead}`);
  const [ours, theirs] = drafts as [string, string];
  for (const draft of drafts) await folder(draft);
  await installAtomically(target, folder);
  expect(existsSync(ours)).toBe(false);
  expect(existsSync(theirs)).toBe(true);
});

test.skipIf(process.getuid?.() === 0)('a cache that may not be written is named', async () => {
  await chmod(cache, 0o500);
  await expect(installAtomically(target, folder)).rejects.toThrow(/Permission denied[\s\S]*cache/);
});

test('a cache on a file where a folder should be is reported with its path', async () => {
  await writeFile(join(cache, 'lib'), 'in the way');
  await expect(installAtomically(target, folder)).rejects.toThrow(
    /A file stands where a folder is needed[\s\S]*lib/,
  );
});
