import type { Pointer } from '@atelier/artifacts';
import { beforeEach, expect, test } from 'vitest';
import { moveTag, readTags, runNamed, runTagged, type TagStore } from './tags.ts';

/** Pointers in memory, with somebody else who is quicker once. */
let pointers: Map<string, Pointer>;
let quicker: (() => void) | undefined;
beforeEach(() => {
  pointers = new Map();
  quicker = undefined;
});
let moves = 0;
const store: TagStore = {
  readPointer: async (name) => pointers.get(name),
  async movePointer(name, from, target) {
    quicker?.();
    quicker = undefined;
    if (pointers.get(name)?.version !== from?.version) return undefined;
    moves += 1;
    pointers.set(name, { target, version: `${moves}` });
    return `${moves}`;
  },
  listPointers: async () => [...pointers.keys()].map((name) => name.slice('tags/'.length)).sort(),
};

test('a tag is given, moved and taken away, and says who had it', async () => {
  expect(await moveTag(store, 'best', 'a')).toBeUndefined();
  expect(await moveTag(store, 'best', 'b')).toBe('a');
  expect(await moveTag(store, 'best', 'b')).toBe('b');
  expect(await runTagged(store, 'best')).toBe('b');
  await moveTag(store, 'v1', 'b');
  expect(await readTags(store)).toEqual([
    { name: 'best', runId: 'b' },
    { name: 'v1', runId: 'b' },
  ]);
  expect(await moveTag(store, 'best', null)).toBe('b');
  expect(await moveTag(store, 'best', null)).toBeUndefined();
  expect(await runTagged(store, 'best')).toBeUndefined();
  expect((await readTags(store)).map(({ name }) => name)).toEqual(['v1']);
});

test('of two that move a tag at once the later one knows of the other', async () => {
  await moveTag(store, 'best', 'a');
  quicker = () =>
    pointers.set('tags/best', {
      target: { schemaVersion: 1, runId: 'c', taggedAt: '2026-01-31T02:00:00Z' },
      version: 'quicker',
    });
  expect(await moveTag(store, 'best', 'b')).toBe('c');
  expect(await runTagged(store, 'best')).toBe('b');
});

test('what lies there and is no tag names no run, and is moved over', async () => {
  pointers.set('tags/best', { target: { runId: '../up' }, version: 'odd' });
  expect(await runTagged(store, 'best')).toBeUndefined();
  expect(await moveTag(store, 'best', 'a')).toBeUndefined();
  expect(await runTagged(store, 'best')).toBe('a');
  expect(await runTagged(store, '../latest')).toBeUndefined();
});

/** Of a store in which nothing was promoted yet. */
const noLog = {
  bucket: 'memory',
  readEntry: async () => undefined,
  listEntries: async () => [],
  listLogs: async () => [],
};

test('a name is the run of this name, or the run that has the tag', async () => {
  await moveTag(store, 'best', 'a');
  const named = (name: string) =>
    runNamed({ ...store, ...noLog, hasRunFile: async (run) => run === 'a' || run === 'b' }, name);
  expect([await named('best'), await named('b'), await named('none')]).toEqual(['a', 'b', 'none']);
  await expect(named('champion')).rejects.toThrow(/There is no champion yet/);
});
