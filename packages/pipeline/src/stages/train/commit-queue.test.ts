import { setTimeout as sleep } from 'node:timers/promises';
import { isUserError, UserError, WorldError } from '@atelier/errors';
import { expect, test } from 'vitest';
import { type CommitQueueOptions, openCommitQueue } from './commit-queue.ts';

const open = (options: Partial<CommitQueueOptions<number>>) =>
  openCommitQueue<number>({
    capacity: 2,
    patienceMs: 2_000,
    onRetry: () => {},
    onLength: () => {},
    passes: (error) => !isUserError(error),
    commit: async () => {},
    ...options,
  });

test('items are committed one after another, in order', async () => {
  const done: number[] = [];
  let active = 0;
  const queue = open({
    async commit(item) {
      expect(active++).toBe(0);
      await sleep(1);
      done.push(item);
      active--;
    },
  });
  for (const item of [1, 2, 3, 4, 5]) await queue.add(item);
  await queue.settled();
  expect(done).toEqual([1, 2, 3, 4, 5]);
});

test('adding waits only when the queue is full', async () => {
  let release: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const queue = open({ commit: () => gate });
  await queue.add(1);
  await queue.add(2);
  const third = queue.add(3).then(() => 'added');
  expect(await Promise.race([third, sleep(30, 'waits')])).toBe('waits');
  release();
  expect(await third).toBe('added');
});

test('a store that is away for a while is waited for', async () => {
  const tries: number[] = [];
  const told: string[] = [];
  const queue = open({
    async commit(item) {
      tries.push(item);
      if (tries.length < 3) throw new WorldError({ what: 'away' });
    },
    onRetry: (error) => told.push(error.message),
  });
  await queue.add(1);
  await queue.settled();
  expect(tries).toEqual([1, 1, 1]);
  expect(told).toEqual(['away', 'away']);
});

test("a user's failure ends the queue at once, and is thrown from then on", async () => {
  const committed: number[] = [];
  const queue = open({
    async commit(item) {
      if (item === 2) throw new UserError({ what: 'refused' });
      committed.push(item);
    },
  });
  await queue.add(1);
  await queue.add(2);
  await expect(queue.settled()).rejects.toThrow('refused');
  await expect(queue.add(3)).rejects.toThrow('refused');
  await expect(queue.settled()).rejects.toThrow('refused');
  expect(committed).toEqual([1]);
});

test('patience has an end', async () => {
  const queue = open({
    patienceMs: 400,
    commit: async () => {
      throw new WorldError({ what: 'gone for good' });
    },
  });
  await queue.add(1);
  await expect(queue.settled()).rejects.toThrow('gone for good');
});

test('a queue that is stopped begins nothing more, and does not try again', async () => {
  let tries = 0;
  const queue = open({
    async commit() {
      tries += 1;
      throw new WorldError({ what: 'away' });
    },
  });
  await queue.add(1);
  await queue.add(2);
  await sleep(20);
  queue.stop();
  await expect(queue.settled()).rejects.toThrow();
  expect(tries).toBe(1);
});

test('a producer that waits for room goes on as soon as one item is committed, and no sooner', async () => {
  const releases: (() => void)[] = [];
  const queue = open({ commit: () => new Promise((resolve) => releases.push(resolve)) });
  const added: number[] = [];
  const producing = (async () => {
    for (const item of [1, 2, 3, 4]) {
      await queue.add(item);
      added.push(item);
    }
  })();
  await sleep(20);
  expect(added).toEqual([1, 2]);
  releases.shift()!();
  await sleep(20);
  expect(added).toEqual([1, 2, 3]);
  releases.shift()!();
  await producing;
  expect(added).toEqual([1, 2, 3, 4]);
});

test('what does not pass ends the queue at once, and its waiting producer', async () => {
  let tries = 0;
  const queue = open({
    patienceMs: 60_000,
    async commit() {
      tries += 1;
      await sleep(20);
      throw new UserError({ what: 'Epoch 1 is already committed.' });
    },
  });
  await queue.add(1);
  await queue.add(2);
  await expect(queue.add(3)).rejects.toThrow('already committed');
  await expect(queue.settled()).rejects.toThrow('already committed');
  expect(tries).toBe(1);
});

test('a producer that waits for room is let go when the queue is stopped', async () => {
  const queue = open({
    async commit() {
      throw new WorldError({ what: 'away' });
    },
  });
  await queue.add(1);
  await queue.add(2);
  const third = queue.add(3);
  await sleep(20);
  queue.stop();
  await expect(third).rejects.toThrow();
});
