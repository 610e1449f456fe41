import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { recordProcess } from '@atelier/processes';
import { expect, test } from 'vitest';
import { goneWorker, workerIdentity } from './worker-identity.ts';

const own = workerIdentity();
const named = (pid: number, start: string): string =>
  own.replace(/^\d+/, String(pid)).replace(/ .*$/, ` ${start}`);

test('it begins as people know it and is gone when the process is', async () => {
  expect(own).toMatch(new RegExp(`^${process.pid}@\\S+ \\S+`));
  expect(goneWorker(own)).toBeUndefined();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  const { pid, identity } = recordProcess(child.pid!)!;
  expect(goneWorker(named(pid, identity))).toBeUndefined();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(goneWorker(named(pid, identity))).toBe(pid);
});

test('a process that got the pid of another one is not taken for it', () => {
  expect(goneWorker(`${own}0`)).toBe(process.pid);
});

test('what cannot be judged from here is not', () => {
  const elsewhere = own.replace(/@\S+/, '@other-host/pid:[1]');
  expect(goneWorker(`${elsewhere}0`)).toBeUndefined();
  const container = own.replace(/pid:\[\d+\]/, 'pid:[1]');
  expect(container).not.toBe(own);
  expect(goneWorker(`${container}0`)).toBeUndefined();
  expect(goneWorker(`999999@${own.slice(own.indexOf('@') + 1).split('/')[0]}`)).toBeUndefined();
  expect(goneWorker('')).toBeUndefined();
});
