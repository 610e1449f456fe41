import { expect, test } from 'vitest';
import { championNamed, findRegistry, type RegistryReader } from './find-champion.ts';

const store: Pick<RegistryReader, 'listLogs'> = {
  listLogs: async (folder) =>
    ({ champions: ['letters', 'shoes'], 'champions/letters': ['champion'] })[folder] ?? [
      'champion',
      'mobile',
    ],
};

test('of which dataset a name is meant is told, or follows where only one has it', async () => {
  const mobile = { dataset: 'shoes', name: 'mobile' };
  expect(await findRegistry(store, 'mobile', undefined)).toEqual(mobile);
  expect(await findRegistry(store, 'mobile', 'shoes')).toEqual(mobile);
  expect(await findRegistry(store, 'web', undefined)).toBeUndefined();
  await expect(findRegistry(store, 'champion', undefined)).rejects.toThrow(
    /2 datasets have a champion[\s\S]*--dataset NAME[\s\S]*there are letters, shoes/,
  );
  // Where a run may be named there is no such flag.
  await expect(championNamed(store as RegistryReader, 'champion')).rejects.toThrow(
    /2 datasets have a champion[\s\S]*expected: `champion:DATASET`/,
  );
});

test('what no dataset can be called has no champion, and the store is not asked', async () => {
  for (const dataset of ['../..', '.', '', '-a', 'a/b'])
    expect(await findRegistry(store, 'champion', dataset)).toBeUndefined();
  expect(await championNamed(store as RegistryReader, 'champion:..')).toBeUndefined();
});
