import { recipeSchema } from '@atelier/train/recipe';
import { expect, test } from 'vitest';
import type { EpochCommit, Store } from '../../run-store.ts';
import { findResumePoint } from './resume-point.ts';

const expected = { seed: 1, network: {}, recipe: recipeSchema.parse({ epochs: 9 }) };
const checkpoint = { sha256: 'c'.repeat(64), bytes: 13 };

test('what lies behind a missing epoch is set aside, the last one first, and told of', async () => {
  const aside: number[] = [];
  const store = {
    readEpochs: async () => ({
      commits: [1, 3, 4, 5].map((epoch) => ({ epoch, checkpoint }) as EpochCommit),
      unreadable: [],
    }),
    readThinned: async () => undefined,
    setEpochAside: async (_: string, epoch: number) => {
      aside.push(epoch);
      return 'set-aside/x';
    },
    getBlobPart: async () => Buffer.from('no checkpoint'),
  } as unknown as Store;
  const { commits, notices } = await findResumePoint(store, 'training', expected);
  // The first's checkpoint is none, which is found out afterwards.
  expect(aside).toEqual([5, 4, 3, 1]);
  expect(commits).toEqual([]);
  expect(notices[0]).toBe('The commits of epochs 3 to 5 are not used: that of epoch 2 is missing.');
});

test('one that lies behind a missing epoch is named alone', async () => {
  const store = {
    readEpochs: async () => ({ commits: [{ epoch: 2 } as EpochCommit], unreadable: [] }),
    readThinned: async () => undefined,
    setEpochAside: async () => 'set-aside/x',
  } as unknown as Store;
  const { notices } = await findResumePoint(store, 'training', expected);
  expect(notices).toEqual(['The commit of epoch 2 is not used: that of epoch 1 is missing.']);
});

test('an epoch behind the last one is set aside', async () => {
  const store = {
    readEpochs: async () => ({
      commits: [1, 2].map((epoch) => ({ epoch, checkpoint }) as EpochCommit),
      unreadable: [],
    }),
    readThinned: async () => undefined,
    setEpochAside: async () => 'set-aside/x',
    getBlobPart: async () => 'missing',
  } as unknown as Store;
  const recipe = { ...expected.recipe, epochs: 1 };
  const { notices } = await findResumePoint(store, 'training', { ...expected, recipe });
  expect(notices).toEqual([
    'The commit of epoch 2 is not used: the training has 1 epochs.',
    'The commit of epoch 1 is not used (the checkpoint of epoch 1 is missing); it lies in set-aside/x.',
  ]);
});
