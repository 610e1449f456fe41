import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { networkSchema } from '@atelier/model/network';
import { expect, test } from 'vitest';
import { checkRoom, foldersOf, judgeRoom, type Space, trainingNeeds } from './disk-space.ts';

const GB = 1e9;
const space = (what: string, free: number, disk: number): Space => ({
  ...{ what, folder: `/${what}`, free, disk },
});

test('a run that does not fit is refused with the numbers', () => {
  const tight = () => judgeRoom([[space('store', 0.2 * GB, 1), 0.24 * GB]], 0);
  expect(tight).toThrow(/does not fit[\s\S]*\/store[\s\S]*240\.0 MB free[\s\S]*200\.0 MB free/);
});

test('folders on one disk share its room; others do not', () => {
  const both = (disk: number) =>
    judgeRoom(
      [
        [space('store', GB, 1), 0.6 * GB],
        [space('scratch', GB, disk), 0.6 * GB],
      ],
      0,
    );
  expect(() => both(1)).toThrow(/1\.2 GB free[\s\S]*found: 1\.0 GB/);
  expect(both(2)).toEqual([]);
});

test('a disk that the run would leave with little is told of', () => {
  const told = (low: number) => judgeRoom([[space('store', 3 * GB, 1), GB]], low);
  expect(told(2 * GB)).toEqual([]);
  expect(told(2.1 * GB)).toEqual([expect.stringContaining('less than 2.1 GB would be left')]);
});

test('the default training takes 2 MB an epoch, and ten epochs of scratch', () => {
  const network = networkSchema.parse({ inputs: 784, classes: 10 });
  const { store, scratch } = trainingNeeds(network, 120);
  expect(store / 120).toBeCloseTo(2_003_640, -4);
  expect(scratch).toBe(store / 12);
});

test('the disks of this machine are looked at', async () => {
  const home = await mkdtemp(join(tmpdir(), 'atelier-space-'));
  const folders = foldersOf({ home, cacheDirectory: home }, 'http://127.0.0.1:9000');
  expect(folders).toEqual({ scratch: join(home, 'training') });
  const here = { ...folders, store: home };
  expect(await checkRoom(here, { store: 1, scratch: 1 }, 0)).toEqual([]);
  await expect(checkRoom(here, { store: 1e18, scratch: 1 }, 0)).rejects.toThrow(/does not fit/);
  await rm(home, { recursive: true });
});
