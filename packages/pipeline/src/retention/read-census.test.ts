import { blobKey, sha256 } from '@atelier/artifacts';
import { memoryObjects } from '@atelier/artifacts/testing';
import { expect, test } from 'vitest';
import { openStoreOn } from '../run-store.ts';
import { Listing } from './listing.ts';
import { type Readings, readCensus } from './read-census.ts';

const refOf = (text: string) => ({ sha256: sha256(text), bytes: text.length });
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

test('looking again reads what has changed, and sees what need not be there any more', async () => {
  const read: string[] = [];
  const { held, seed } = memoryObjects();
  const store = openStoreOn(
    memoryObjects(
      async ({ method, key }) => {
        if (method === 'get') read.push(key);
      },
      Date.now,
      held,
    ),
  );
  const training = sha256('training');
  const [one, two] = [refOf('one'), refOf('two')];
  const history = json({ epochs: [{ checkpoint: one }, { checkpoint: two }] });
  const historyRef = { sha256: sha256(history), bytes: history.length };
  const recordKey = `stages/train/${training}.json`;
  const thinnedKey = `stages/train/${training}/thinned.json`;
  seed(`stages/train/${training}/epochs/0001.json`, json({ checkpoint: one }));
  seed(blobKey(historyRef), history);
  seed(recordKey, json({ outputs: { history: historyRef } }));

  const readings: Readings = new Map();
  const look = async () => {
    read.length = 0;
    const { epochs } = await readCensus(store, readings);
    return epochs.get(training)!.flatMap(({ blobs }) => [...blobs.keys()]);
  };
  expect(new Set(await look())).toEqual(new Set([one.sha256, two.sha256]));
  await look();
  expect(read).toEqual([]);
  seed(thinnedKey, json({ checkpoints: [{ sha256: one.sha256 }] }));
  expect(new Set(await look())).toEqual(new Set([two.sha256]));
  expect(read).toContain(thinnedKey);
  await look();
  expect(read).toEqual([]);
  seed(thinnedKey, json({ checkpoints: [] }));
  expect(new Set(await look())).toEqual(new Set([one.sha256, two.sha256]));
});

test('a listing knows every object by key, size, time and ETag', () => {
  const listing = new Listing();
  const modified = new Date('2026-11-27T03:30:00.123Z');
  for (let i = 0; i < 3000; i++)
    listing.add({
      key: `k${i}`,
      bytes: 2 ** 40 + i,
      modified,
      etag: i % 2 ? `part-${i}` : sha256(`${i}`).slice(0, 32),
    });
  expect([...listing.keys()]).toHaveLength(3000);
  expect(listing.get('k2999')).toEqual({ bytes: 2 ** 40 + 2999, modified: modified.getTime() });
  expect(listing.get('k3000')).toBeUndefined();
  expect([listing.has('k0'), listing.has('k3000')]).toEqual([true, false]);
  expect([listing.isOf('k1', 'part-1'), listing.isOf('k1', 'part-3')]).toEqual([true, false]);
  expect(listing.isOf('k2', sha256('2').slice(0, 32))).toBe(true);
  expect(listing.isOf('k3000', '')).toBe(false);
});
