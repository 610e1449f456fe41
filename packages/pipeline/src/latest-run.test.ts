import { type Pointer, parseDocument } from '@atelier/artifacts';
import { beforeEach, expect, test } from 'vitest';
import type { z } from 'zod';
import { advanceLatestRun, readLatestRun } from './latest-run.ts';

/** A pointer in memory, with somebody else who is quicker once. */
let pointer: Pointer | undefined;
let moves: number;
let quicker: Pointer['target'] | undefined;
let setAside: string | undefined;
/** Every run that the tests name is finished, but for these. */
let gone: string[];
beforeEach(() => {
  pointer = undefined;
  moves = 0;
  quicker = undefined;
  setAside = undefined;
  gone = [];
});

const started: Record<string, string> = {};

const store = {
  async readRunDocument<T>(runId: string, _: string, schema: z.ZodType<T>) {
    if (gone.includes(runId)) return undefined;
    const record = { runId, startedAt: started[runId], status: 'finished' };
    const content = Buffer.from(JSON.stringify(record));
    return { etag: 'etag', content, ...parseDocument(content, schema) };
  },
  readPointer: async () => pointer,
  async movePointer(_: string, from: Pointer | undefined, target: Pointer['target']) {
    if (quicker !== undefined) {
      pointer = { target: quicker, version: 'quicker' };
      quicker = undefined;
    }
    if (pointer?.version !== from?.version) return undefined;
    moves += 1;
    setAside = from?.problem;
    pointer = { target, version: String(moves) };
    return pointer.version;
  },
};

function run(runId: string, minute: number) {
  started[runId] = `2026-01-31T02:0${minute}:00.000Z`;
  return { runId, startedAt: started[runId] };
}

test('it goes to the later run, never back, and once', async () => {
  expect(await readLatestRun(store)).toEqual({});
  await advanceLatestRun(store, run('a', 1));
  await advanceLatestRun(store, run('c', 3));
  await advanceLatestRun(store, run('b', 2));
  await advanceLatestRun(store, run('c', 3));
  expect((await readLatestRun(store)).run).toEqual(run('c', 3));
  expect(moves).toBe(2);
});

test('a race is lost to a later run and won against an earlier one', async () => {
  quicker = run('later', 5);
  await advanceLatestRun(store, run('a', 1));
  expect((await readLatestRun(store)).run).toEqual(run('later', 5));
  quicker = run('between', 6);
  await advanceLatestRun(store, run('latest', 7));
  expect((await readLatestRun(store)).run).toEqual(run('latest', 7));
});

test('what is no pointer to a run is replaced', async () => {
  pointer = { target: { champion: 'x' }, version: 'odd' };
  expect(await readLatestRun(store)).toEqual({ problem: 'it names no run' });
  await advanceLatestRun(store, run('a', 1));
  expect((await readLatestRun(store)).run).toEqual(run('a', 1));
  expect(setAside).toBe('it names no run');
});

test.each([
  ['into the future', () => ({ ...run('b', 2), startedAt: '2999-01-01T00:00:00.000Z' })],
  ['to a run that is gone', () => run('gone', 5)],
  ['to another time than its run', () => ({ ...run('b', 2), startedAt: '2026-01-31T03:00:00Z' })],
])('a pointer %s counts as unreadable, and is set aside by the next move', async (_, target) => {
  gone = ['gone'];
  pointer = { target: target(), version: 'forged' };
  expect((await readLatestRun(store)).problem).toMatch(/future|there is no finished run/);
  await advanceLatestRun(store, run('a', 1));
  expect((await readLatestRun(store)).run).toEqual(run('a', 1));
  expect(setAside).toBeDefined();
});
