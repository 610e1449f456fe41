import { readFileSync } from 'node:fs';
import { parseDocument, sha256 } from '@atelier/artifacts';
import { spreadOver } from '@atelier/evaluate/seed-spread';
import { beforeEach, expect, test } from 'vitest';
import type { z } from 'zod';
import { forgetGoneRuns, type IndexStore, indexRun, readIndex, rebuildIndex } from './run-index.ts';

const recorded = JSON.parse(
  readFileSync(new URL('../../test/recorded/default/run.json', import.meta.url), 'utf8'),
);

/** Objects in memory; a write is refused where the object is another one by now. */
let objects: Map<string, Buffer>;
beforeEach(() => {
  objects = new Map();
});
const documentAt = <T>(key: string, schema: z.ZodType<T>) => {
  const content = objects.get(key);
  return content && { etag: sha256(content), content, ...parseDocument(content, schema) };
};
const store: IndexStore = {
  indexParts: async () => [...objects.keys()].filter((key) => !key.includes('/')).sort(),
  readIndexPart: async (_, part, schema) => documentAt(part, schema),
  async writeIndexPart(_, part, from, content) {
    const now = objects.get(part);
    if ((now && sha256(now)) !== from?.etag) return false;
    if (from?.problem !== undefined) objects.set(`set-aside/${part}`, now!);
    objects.set(part, Buffer.from(content));
    return true;
  },
  listRuns: async () =>
    [...objects.keys()].filter((key) => key.startsWith('runs/')).map((key) => key.slice(5)),
  readRunDocument: async (run, _, schema) => documentAt(`runs/${run}`, schema),
  hasRunFile: async (run) => objects.has(`runs/${run}`),
};

/** Lays a run's record into the store, as a run does, and returns it. */
function record(runId: string, changes: object = {}): Buffer {
  const content = Buffer.from(JSON.stringify({ ...recorded, runId, revision: 1, ...changes }));
  objects.set(`runs/${runId}`, content);
  return content;
}
const inMonth = (month: number, day: number) => ({
  startedAt: `2026-0${month}-0${day}T02:00:00.000Z`,
});
const all = async () => (await readIndex(store, undefined, () => false))?.rows;
const ids = async () => (await all())?.map(({ runId }) => runId).sort();

test('a row says what lists show, of a record of any version', async () => {
  await indexRun(store, record('old'));
  const [row] = (await all())!;
  expect(row).toMatchObject({
    ...{ runId: 'old', status: 'finished', dataset: 'fashion-mnist', seed: 1, epochs: 120 },
    results: { validationAccuracy: 0.9128, testAccuracy: expect.any(Number) },
  });
  expect(JSON.stringify(row).length).toBeLessThan(450);
  expect(row).not.toHaveProperty('spread');
});

test('a row of a run that is the median of several seeds says how far they lie apart', async () => {
  const spread = spreadOver([
    { seed: 1, validationAccuracy: 0.9, testAccuracy: 0.92 },
    { seed: 2, validationAccuracy: 0.91, testAccuracy: 0.9 },
  ]);
  await indexRun(store, record('night', { seeds: { runs: [], spread } }));
  const { validationAccuracy, testAccuracy } = spread;
  expect((await all())![0]).toMatchObject({ spread: { validationAccuracy, testAccuracy } });
});

test('the same again changes nothing, and what is older than the row neither', async () => {
  await indexRun(store, record('a', { status: 'parked', revision: 2 }));
  const before = objects.get('2026-11');
  expect(before).toBeDefined();
  await indexRun(store, record('a', { status: 'parked', revision: 2 }));
  await indexRun(store, record('a', { status: 'running', revision: 1 }));
  expect(objects.get('2026-11')).toBe(before);
  await indexRun(store, record('a', { status: 'aborted', revision: 3 }));
  expect((await all())?.map(({ status }) => status)).toEqual(['aborted']);
});

test('of eight that are written at once none is lost', async () => {
  const names = Array.from({ length: 8 }, (_, i) => `run-${i}`);
  await indexRun(store, record('first'));
  await Promise.all(names.map((name) => indexRun(store, record(name))));
  expect(await ids()).toEqual(['first', ...names].sort());
});

test('months are read from the newest on, until there is enough or they are too old', async () => {
  for (const month of [1, 2, 3]) await indexRun(store, record(`m${month}`, inMonth(month, 1)));
  const read = async (since: string | undefined, enough: boolean) =>
    (await readIndex(store, since, () => enough))?.rows.map(({ runId }) => runId);
  expect(await read(undefined, true)).toEqual(['m3']);
  expect(await read(undefined, false)).toEqual(['m3', 'm2', 'm1']);
  expect(await read('2026-02-20T00:00:00Z', false)).toEqual(['m3', 'm2']);
});

test('the first row of a bucket with older runs brings them all', async () => {
  expect(await all()).toBeUndefined();
  record('older', inMonth(1, 1));
  await indexRun(store, record('newer', inMonth(2, 1)));
  expect(await ids()).toEqual(['newer', 'older']);
});

test('an index is made anew from the records, beside runs that begin and end', async () => {
  await indexRun(store, record('gone'));
  objects.delete('runs/gone');
  record('missing', inMonth(1, 1));
  objects.set('runs/torn', Buffer.from('{"runId":'));
  const later = record('later');
  // After the runs were listed and before the month is written, another one begins.
  const listRuns = async () => (await store.listRuns()).filter((run) => run !== 'later');
  const slow = async (...given: Parameters<IndexStore['readRunDocument']>) => {
    await indexRun(store, later);
    return store.readRunDocument(...given);
  };
  const racing = { ...store, listRuns, readRunDocument: slow as IndexStore['readRunDocument'] };
  expect(await rebuildIndex(racing)).toEqual({
    runs: 1,
    unreadable: [{ runId: 'torn', problem: 'it is no valid JSON' }],
  });
  expect(await ids()).toEqual(['later', 'missing']);
});

test('a month that cannot be read is read from the records, set aside and written anew', async () => {
  await indexRun(store, record('a'));
  await indexRun(store, record('b'));
  objects.set('2026-11', Buffer.from('{"rows":'));
  expect(await ids()).toEqual(['a', 'b']);
  await indexRun(store, record('c'));
  expect(await ids()).toEqual(['a', 'b', 'c']);
  expect(objects.get('set-aside/2026-11')).toBeDefined();
});

test('whose record is gone is taken off the list, and nobody else', async () => {
  for (const run of ['a', 'b']) await indexRun(store, record(run, inMonth(1, 2)));
  await indexRun(store, record('c', inMonth(2, 2)));
  objects.delete('runs/b');
  objects.delete('runs/c');
  await forgetGoneRuns(store);
  expect(await ids()).toEqual(['a']);
});
