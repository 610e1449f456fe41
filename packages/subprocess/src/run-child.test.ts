import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { runChild } from './index.ts';

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

test("the child's typed errors keep their type", async () => {
  await expect(run('refuse')).rejects.toMatchObject({
    name: 'UserError',
    failure: { where: 'here' },
  });
  await expect(run('throw')).rejects.toMatchObject({
    name: 'WorldError',
    message: /TypeError: odd/,
  });
});

test('a crash says which signal and what was printed last', async () => {
  await expect(run('crash')).rejects.toMatchObject({
    name: 'WorldError',
    message: expect.stringMatching(/SIGSEGV[\s\S]*about to crash/),
  });
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
