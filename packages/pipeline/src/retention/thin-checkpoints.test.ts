import { readdirSync, readFileSync } from 'node:fs';
import { blobKey } from '@atelier/artifacts';
import { type Call, memoryObjects } from '@atelier/artifacts/testing';
import { isUserError } from '@atelier/errors';
import { uniforms } from '@atelier/random';
import { expect, test } from 'vitest';
import { everyInterleaving, type Party, someInterleavings } from '../../test/interleavings.ts';
import type { Adoption } from '../run-configuration.ts';
import { type EpochCommit, openStoreOn, type Store } from '../run-store.ts';
import { adoptEpochs } from '../stages/train/adopt-epochs.ts';
import { thinCheckpoints } from './thin-checkpoints.ts';

// A real training of three epochs, of which the last is the best one.
const bucket = new URL('../../test/recorded/bucket/', import.meta.url);
const read = (key: string): Buffer => readFileSync(new URL(key, bucket));
const parent = '46de61d7cee9fa3d78e58f48d7b0a847f118c80935e50fd56df3ab63733ae6f1';
const child = 'c'.repeat(64);
const sibling = 'd'.repeat(64);
const records = readdirSync(new URL(`stages/train/${parent}/epochs/`, bucket)).map((name) =>
  read(`stages/train/${parent}/epochs/${name}`),
);
const commits = records.map((content) => JSON.parse(content.toString()) as EpochCommit);
const keys = commits.map(({ checkpoint }) => blobKey(checkpoint));
const adopt: Adoption = {
  ...{ run: 'recorded', training: parent, epoch: 2, checkpoint: commits[1]!.checkpoint },
  thinned: [],
};

/**
 * The steps that others notice, or that notice what others did. The others touch what nobody else
 * writes, and give the same in whatever order they come.
 */
const isStepOfThinning = ({ method, key }: Call): boolean =>
  method === 'listFolders' ||
  method === 'remove' ||
  (method === 'list' && !key.includes(parent)) ||
  (key.endsWith('/thinned.json') && (method === 'put') === key.includes(parent));
const isStepOfAdoption = ({ method, key }: Call): boolean =>
  method === 'put' || (method === 'get' && /[4d].*thinned/.test(key));
const isWrite = ({ method, key }: Call): boolean =>
  method === 'put' || method === 'remove' || key.endsWith('/thinned.json');

/** Stores in which these trainings are whole, one a party, on the same objects. */
function bench(...trainings: string[]) {
  const { held, seed } = memoryObjects();
  for (const training of trainings)
    for (const [i, content] of records.entries())
      seed(`stages/train/${training}/epochs/000${i + 1}.json`, content);
  for (const key of keys) seed(key, read(key));
  const storeOf = (turn: () => Promise<void>, isStep: (call: Call) => boolean): Store =>
    openStoreOn(
      memoryObjects(
        async (call) => {
          if (isStep(call)) await turn();
        },
        undefined,
        held,
      ),
    );
  const there = () => keys.map((key) => held.has(key));
  return { held, storeOf, there, store: storeOf(async () => {}, isWrite) };
}
type Bench = ReturnType<typeof bench>;

const thin = (store: Store, fingerprint: string) =>
  thinCheckpoints(store, { fingerprint, epochs: commits, chosen: 3 });

const thins =
  ({ storeOf }: Bench, fingerprint = parent, isStep = isStepOfThinning): Party =>
  async (turn) => {
    await thin(storeOf(turn, isStep), fingerprint);
  };

/** Adopts, or is refused; tells which. */
function adopts({ storeOf }: Bench, from: string) {
  const result = { adopted: false };
  const party: Party = async (turn) => {
    try {
      await adoptEpochs(storeOf(turn, isStepOfAdoption), child, { ...adopt, training: from });
      result.adopted = true;
    } catch (error) {
      if (!isUserError(error)) throw error;
    }
  };
  return { party, result };
}

test('the checkpoints of epochs that are not kept go, and doing so again changes nothing', async () => {
  const { store, there } = bench(parent);
  expect(await thin(store, parent)).toBe(2);
  expect(there()).toEqual([false, false, true]);
  expect([...(await store.readThinned(parent))!.values()]).toEqual([1, 2]);
  expect((await store.readEpochs(parent)).commits).toHaveLength(3);
  await thin(store, parent);
  expect(there()).toEqual([false, false, true]);
});

test('a run that wants all kept is heard', async () => {
  const { store, there } = bench(parent);
  await store.wishToKeep(parent, 'one', 'chosen');
  await store.wishToKeep(parent, 'other', 'all');
  expect(await thin(store, parent)).toBe(0);
  expect(there()).toEqual([true, true, true]);
});

test('a checkpoint that another training names stays until that one has thinned it out, too', async () => {
  const { store, there } = bench(parent, sibling);
  await thin(store, parent);
  expect(there()).toEqual([true, true, true]);
  await thin(store, sibling);
  expect(there()).toEqual([false, false, true]);
});

test('a training whose epochs are being trained anew is left alone', async () => {
  const { store, held, there } = bench(parent);
  held.delete(`stages/train/${parent}/epochs/0002.json`);
  expect(await thin(store, parent)).toBe(0);
  expect(there()).toEqual([true, true, true]);
});

test('a training that begins afresh has all its checkpoints again', async () => {
  const { store } = bench(parent);
  await thin(store, parent);
  await store.beginAfresh(parent, 'again');
  expect([...(await store.readThinned(parent))!.keys()]).toEqual([]);
});

test('in whatever order a training is thinned out and adopted, what is adopted is there', async () => {
  const outcomes = new Set<boolean>();
  const orders = await everyInterleaving(() => {
    const at = bench(parent);
    const adopter = adopts(at, parent);
    const check = (order: string) => {
      const [, second, third] = at.there();
      expect(third, order).toBe(true);
      if (adopter.result.adopted) expect(second, order).toBe(true);
      outcomes.add(adopter.result.adopted);
    };
    return { parties: [thins(at), adopter.party], check };
  }, 20_000);
  expect(orders).toBeGreaterThan(50);
  // Both ends are reached.
  expect(outcomes.size).toBe(2);
});

test('so it is where two trainings that share checkpoints are thinned out, and one is adopted', async () => {
  let drawn = 0;
  const numbers = uniforms(100_000, 7);
  const make = () => {
    const at = bench(parent, sibling);
    const adopter = adopts(at, sibling);
    const check = (order: string) => {
      const [, second, third] = at.there();
      expect(third, order).toBe(true);
      if (adopter.result.adopted) expect(second, order).toBe(true);
    };
    return { parties: [thins(at), thins(at, sibling), adopter.party], check };
  };
  await someInterleavings(make, 200, () => numbers[drawn++ % numbers.length]!);
});

test('equal runs that thin out at once, and one that is killed anywhere, leave what one leaves', async () => {
  const orders = await everyInterleaving(() => {
    const at = bench(parent);
    const check = (order: string) => expect(at.there(), order).toEqual([false, false, true]);
    return { parties: [thins(at, parent, isWrite), thins(at, parent, isWrite)], check };
  }, 20_000);
  expect(orders).toBeGreaterThan(50);

  for (let steps = 0; steps < 12; steps++) {
    const { storeOf, store, there } = bench(parent);
    let left = steps;
    const turn = () => (left-- > 0 ? Promise.resolve() : Promise.reject(new Error('killed')));
    const killed = storeOf(turn, isWrite);
    await thin(killed, parent).catch(() => {});
    expect(there()[2]).toBe(true);
    await thin(store, parent);
    expect(there()).toEqual([false, false, true]);
  }
});
