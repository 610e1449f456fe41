import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withLock } from './lock.mjs';
import { processIdentity } from './process-identity.mjs';

let folder: string;
let lock: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-lock-'));
  lock = join(folder, 'a.lock');
});
afterEach(() => rm(folder, { recursive: true }));

const owner = (fields: object): string =>
  JSON.stringify({
    pid: process.pid,
    identity: processIdentity(process.pid),
    host: hostname(),
    token: 'theirs',
    ...fields,
  });

test('one at a time, and nothing is left behind', async () => {
  let inside = 0;
  let most = 0;
  const action = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await sleep(5);
    inside--;
  };
  await Promise.all([...Array(8)].map(() => withLock(lock, action, { pollMs: 2 })));
  expect(most).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test('released when the action fails, whose error comes through', async () => {
  await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(existsSync(lock)).toBe(false);
});

test.each([
  ['of a process that is gone', owner({ pid: 2 ** 22 + 1 })],
  ['of an earlier process with the same pid', owner({ identity: 'long ago' })],
  ['that is not readable', 'half a fi'],
])('a lock %s is taken over', async (_, content) => {
  await writeFile(lock, content);
  expect(await withLock(lock, async () => 'ran')).toBe('ran');
  expect(await readdir(folder)).toEqual([]);
});

test('a lock of a live process is waited for, and told of once', async () => {
  await writeFile(lock, owner({}));
  const waits: number[] = [];
  const held = withLock(lock, async () => 'ran', {
    pollMs: 5,
    onWait: ({ pid }) => waits.push(pid),
  });
  await sleep(50);
  await rm(lock);
  expect(await held).toBe('ran');
  expect(waits).toEqual([process.pid]);
});

test('a lock of another machine counts until it is old', async () => {
  await writeFile(lock, owner({ host: 'elsewhere', pid: 2 ** 22 + 1 }));
  const stop = new AbortController();
  const waiting = withLock(lock, async () => 'ran', { pollMs: 5, signal: stop.signal });
  await sleep(50);
  stop.abort();
  await expect(waiting).rejects.toThrow();
  const yesterday = Date.now() / 1000 - 86_400;
  await utimes(lock, yesterday, yesterday);
  expect(await withLock(lock, async () => 'ran')).toBe('ran');
});

test('a lock stays young while it is held', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    await withLock(lock, async () => {
      const yesterday = Date.now() / 1000 - 86_400;
      await utimes(lock, yesterday, yesterday);
      vi.advanceTimersByTime(60_000);
      await vi.waitUntil(async () => Date.now() - (await stat(lock)).mtimeMs < 60_000);
    });
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('processes that compete for a dead lock each get it once', async () => {
  await writeFile(lock, owner({ pid: 2 ** 22 + 1 }));
  const counter = join(folder, 'counter');
  await writeFile(counter, '0');
  const module = new URL('./lock.mjs', import.meta.url).href;
  const program = `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { withLock } from ${JSON.stringify(module)};
    const [lock, counter] = process.argv.slice(1);
    for (let i = 0; i < 5; i++) {
      await withLock(lock, async () => {
        const n = Number(readFileSync(counter, 'utf8'));
        await sleep(2);
        writeFileSync(counter, String(n + 1));
      }, { pollMs: 1 });
    }`;
  const run = () =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, lock, counter]);
  await Promise.all([...Array(6)].map(run));
  expect(await readFile(counter, 'utf8')).toBe('30');
}, 30_000);
