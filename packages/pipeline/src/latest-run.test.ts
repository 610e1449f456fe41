import type { Pointer } from '@atelier/artifacts';
import { beforeEach, expect, test } from 'vitest';
import { advanceLatestRun, readLatestRun } from './latest-run.ts';

/** A pointer in memory, with somebody else who is quicker once. */
let pointer: Pointer | undefined;
let moves: number;
let quicker: Pointer['target'] | undefined;
beforeEach(() => {
  pointer = undefined;
  moves = 0;
  quicker = undefined;
});

const store = {
  readPointer: async () => pointer,
  async movePointer(_: string, from: Pointer | undefined, target: Pointer['target']) {
    if (quicker !== undefined) {
      pointer = { target: quicker, version: 'quicker' };
      quicker = undefined;
    }
    if (pointer?.version !== from?.version) return undefined;
    moves += 1;
    pointer = { target, version: String(moves) };
    return pointer.version;
  },
};

const run = (runId: string, minute: number) => ({
  runId,
  startedAt: `2026-01-31T02:0${minute}:00.000Z`,
});

test('it goes to the later run, never back, and once', async () => {
  expect(await readLatestRun(store)).toBeUndefined();
  await advanceLatestRun(store, run('a', 1));
  await advanceLatestRun(store, run('c', 3));
  await advanceLatestRun(store, run('b', 2));
  await advanceLatestRun(store, run('c', 3));
  expect(await readLatestRun(store)).toEqual(run('c', 3));
  expect(moves).toBe(2);
});

test('a race is lost to a later run and won against an earlier one', async () => {
  quicker = run('later', 5);
  await advanceLatestRun(store, run('a', 1));
  expect(await readLatestRun(store)).toEqual(run('later', 5));
  quicker = run('between', 6);
  await advanceLatestRun(store, run('latest', 7));
  expect(await readLatestRun(store)).toEqual(run('latest', 7));
});

test('what is no pointer to a run is replaced', async () => {
  pointer = { target: { champion: 'x' }, version: 'odd' };
  expect(await readLatestRun(store)).toBeUndefined();
  await advanceLatestRun(store, run('a', 1));
  expect(await readLatestRun(store)).toEqual(run('a', 1));
});
