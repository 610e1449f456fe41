import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { endProcess, isGone, isRunning, recordProcess } from './recorded-process.ts';

const start = async (program: string) => {
  const child = spawn(process.execPath, ['-e', program], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, recorded: recordProcess(child.pid as number)!, said: chunk.toString().trim() };
};

test('this process runs; a pid with another identity does not', () => {
  const self = recordProcess(process.pid);
  expect(isRunning(self)).toBe(true);
  expect(isRunning({ pid: process.pid, identity: 'another' })).toBe(false);
  expect(isRunning(undefined)).toBe(false);
  expect(recordProcess(2 ** 22 + 1)).toBeUndefined();
});

test('gone is what certainly runs no more', () => {
  const self = recordProcess(process.pid)!;
  expect(isGone(self)).toBe(false);
  expect(isGone({ ...self, identity: 'another' })).toBe(true);
  expect(isGone({ ...self, pid: 2 ** 22 + 1 })).toBe(true);
});

test('a process is asked to end and does so by itself', async () => {
  const { child, recorded } = await start(
    `process.on('SIGTERM', () => process.exit(7)); console.log('up'); setInterval(() => {}, 1e6)`,
  );
  const exit = once(child, 'exit');
  await endProcess(recorded, 5_000);
  expect(await exit).toEqual([7, null]);
  expect(isRunning(recorded)).toBe(false);
});

test('one that does not listen is killed, with its children', async () => {
  const { child, recorded, said } = await start(`
    const { spawn } = require('node:child_process');
    process.on('SIGTERM', () => {});
    const grandchild = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);
    console.log(grandchild.pid);
    setInterval(() => {}, 1e6)`);
  const grandchild = recordProcess(Number(said))!;
  expect(isRunning(grandchild)).toBe(true);
  const exit = once(child, 'exit');
  await endProcess(recorded, 100);
  expect(await exit).toEqual([null, 'SIGKILL']);
  for (let i = 0; i < 100 && isRunning(grandchild); i++) await sleep(20);
  expect(isRunning(grandchild)).toBe(false);
});

test('a stale record does nothing to the process that has its pid now', async () => {
  const { child, recorded } = await start(`console.log('up'); setInterval(() => {}, 1e6)`);
  await endProcess({ ...recorded, identity: 'long ago' }, 100);
  expect(isRunning(recorded)).toBe(true);
  child.kill('SIGKILL');
});
