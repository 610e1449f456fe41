import { memoryObjects } from '@atelier/artifacts/testing';
import { WorldError } from '@atelier/errors';
import { noTracing, openMetrics, type Tracing } from '@atelier/telemetry';
import { expect, test } from 'vitest';
import { observedObjects } from './observed-objects.ts';

test('each call is measured by how it ends and traced by its key, and gives what it gave', async () => {
  const { metrics, text } = await openMetrics();
  const traced: unknown[] = [];
  const tracing: Tracing = {
    ...noTracing,
    within: (fields, work) => {
      traced.push(fields);
      return work();
    },
  };
  let isAway = false;
  const bare = memoryObjects(async () => {
    if (isAway) throw new WorldError({ what: 'The store is away.' });
  });
  const objects = observedObjects(bare, { metrics, tracing });
  expect(objects.bucket).toBe('memory');
  await objects.put('runs/first/run.json', Buffer.from('{}'));
  expect((await objects.get('runs/first/run.json', 10))?.content?.toString()).toBe('{}');
  await objects.removeAll(['a', 'b']);
  isAway = true;
  await expect(objects.list('runs/')).rejects.toThrow('The store is away.');

  const counts = (await text()).match(/^atelier_store_request_seconds_count.*$/gm);
  const count = (operation: string, outcome: string) =>
    `atelier_store_request_seconds_count{operation="${operation}",outcome="${outcome}"} 1`;
  expect(counts).toEqual([
    ...['put', 'get', 'removeAll'].map((name) => count(name, 'ok')),
    count('list', 'failed'),
  ]);
  const key = { 'atelier.store.key': 'runs/first/run.json' };
  expect(traced).toEqual([
    { name: 'store put', kind: 'client', attributes: key },
    { name: 'store get', kind: 'client', attributes: key },
    { name: 'store removeAll', kind: 'client', attributes: {} },
    { name: 'store list', kind: 'client', attributes: { 'atelier.store.key': 'runs/' } },
  ]);
});

test('a presigned link passes by unseen', async () => {
  const { metrics, text } = await openMetrics();
  const within: Tracing['within'] = () => Promise.reject(new Error('traced'));
  const bare = memoryObjects();
  const objects = observedObjects(bare, { metrics, tracing: { ...noTracing, within } });
  expect(objects.presign).toBe(bare.presign);
  expect(await text()).not.toContain('presign');
});
