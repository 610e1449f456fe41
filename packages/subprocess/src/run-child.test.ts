import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { runChild } from './index.ts';

afterEach(() => vi.unstubAllEnvs());

const entry = new URL('./fixtures/worker.ts', import.meta.url);
const run = (
  act: string,
  more: Partial<Parameters<typeof runChild<unknown, number, number>>[0]> = {},
) => runChild<unknown, number, number>({ entry, name: 'The worker', input: { act }, ...more });

test('messages arrive in order, each awaited, then the result', async () => {
  const seen: string[] = [];
  const onMessage = async (i: number) => {
    seen.push(`begin ${i}`);
    await sleep(5);
    seen.push(`end ${i}`);
  };
  expect(await run('count', { onMessage })).toBe(42);
  expect(seen).toEqual(['begin 0', 'end 0', 'begin 1', 'end 1', 'begin 2', 'end 2']);
});

test.skipIf(!existsSync('/proc/self/environ'))(
  'of the environment a child gets what computing takes, and no secret',
  async () => {
    const secrets = ['AWS_SECRET_ACCESS_KEY', 'TEMPORAL_API_KEY', 'https_proxy', 'TF_VAR_key'];
    for (const name of [...secrets, 'OMP_PLACES', 'LC_ALL']) vi.stubEnv(name, 'canary');
    expect(await run('canaries')).toBe(2);
  },
);

test("the child's typed errors keep their type", async () => {
  await expect(run('refuse')).rejects.toMatchObject({
    name: 'UserError',
    failure: { where: 'here' },
  });
  await expect(run('throw')).rejects.toMatchObject({
    name: 'WorldError',
    message: expect.stringMatching(/TypeError: odd/),
  });
});

test('what the disk refuses a child says what to do', async () => {
  await expect(run('full')).rejects.toMatchObject({
    name: 'WorldError',
    failure: { what: 'The disk is full.', remedy: expect.stringMatching(/df -h/) },
  });
});

test.each([
  ['crash', /SIGSEGV \(a crash in native code\)[\s\S]*about to crash/],
  ['killed', /SIGKILL \(killed, by hand or because memory ran out\)/],
  ['fill', /ran out of memory\)[\s\S]*heap out of memory/],
  ['reserve', /SIGTRAP \(it ran out of memory\)[\s\S]*what to do: give the machine more memory/],
])('a death (%s) says how it came about and what was printed last', async (act, message) => {
  // Little enough to be filled soon.
  vi.stubEnv('NODE_OPTIONS', '--max-old-space-size=64');
  await expect(run(act)).rejects.toMatchObject({
    name: 'WorldError',
    message: expect.stringMatching(message),
  });
});

test("a death's message leaves out what libraries say of themselves, and the log has it", async () => {
  const lines: string[] = [];
  const death = run('murmur', { onOutput: (line) => void lines.push(line) });
  await expect(death).rejects.toMatchObject({
    failure: {
      found: expect.stringMatching(/its last output:\nE0000 00:00:\S+ +22134 device\.cc:1\] lost$/),
    },
  });
  expect(lines).toHaveLength(8);
  expect(lines.join('\n')).toMatch(/oneDNN[\s\S]*cpu_feature_guard[\s\S]*DEP0040/);
});

test('a child whose parent is killed ends, even when it does not listen', async () => {
  const file = fileURLToPath(new URL('./fixtures/parent.ts', import.meta.url));
  const parent = spawn(process.execPath, ['--import', 'tsx', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(parent.stdout), 'line');
  const child = Number(line);
  expect(process.kill(child, 0)).toBe(true);
  parent.kill('SIGKILL');
  // Nobody may be there to bury it: a zombie has ended, too.
  const state = () =>
    spawnSync('ps', ['-o', 'stat=', '-p', `${child}`])
      .stdout.toString()
      .trim();
  await expect.poll(state, { timeout: 5_000 }).toMatch(/^(Z.*)?$/);
});

test('a cancelled child ends, by force where it does not listen', async () => {
  for (const act of ['wait', 'hang']) {
    const controller = new AbortController();
    let pid = 0;
    const promise = run(act, {
      signal: controller.signal,
      graceMilliseconds: 200,
      onMessage: (message) => {
        pid = message;
        controller.abort(new Error('enough'));
      },
    });
    await expect(promise).rejects.toThrow('enough');
    expect(() => process.kill(pid, 0)).toThrow();
  }
});

test('a failing listener ends the child with its error', async () => {
  const onMessage = () => Promise.reject(new Error('disk full'));
  await expect(run('wait', { onMessage })).rejects.toThrow('disk full');
});
