import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inTurn } from './in-turn.ts';

const never = new AbortController().signal;

test('work of one key is done one after the other, also after a failure', async () => {
  const events: string[] = [];
  const work = (name: string) => async () => {
    events.push(`${name} begins`);
    await sleep(5);
    events.push(`${name} ends`);
    if (name === 'a') throw new Error('a failed');
    return name;
  };
  const all = ['a', 'b', 'c'].map((name) => inTurn('key', never, work(name)));
  const ends = await Promise.allSettled(all);
  expect(ends.map((end) => (end.status === 'fulfilled' ? end.value : end.reason.message))).toEqual([
    'a failed',
    'b',
    'c',
  ]);
  expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('other keys do not wait', async () => {
  let release = () => {};
  const blocked = inTurn('one', never, () => new Promise<void>((resolve) => (release = resolve)));
  expect(await inTurn('two', never, async () => 'done')).toBe('done');
  release();
  await blocked;
});

test('what is aborted while it waits ends at once and is not done', async () => {
  let release = () => {};
  const blocked = inTurn('key', never, () => new Promise<void>((resolve) => (release = resolve)));
  const controller = new AbortController();
  let done = false;
  const waiting = inTurn('key', controller.signal, async () => {
    done = true;
  });
  controller.abort(new Error('cancelled'));
  await expect(waiting).rejects.toThrow('cancelled');
  release();
  await blocked;
  expect(await inTurn('key', never, async () => 'the next')).toBe('the next');
  expect(done).toBe(false);
});
