import { readFileSync } from 'node:fs';
import { memoryObjects } from '@atelier/artifacts/testing';
import { ContractViolation, limitsSchema } from '@atelier/data/compare-datasets';
import { preparedDatasetSchema } from '@atelier/data/prepared-dataset';
import { expect, test } from 'vitest';
import { openStoreOn } from '../run-store.ts';
import { acceptAnyhow, acceptWithin } from './accepted-dataset.ts';

const blob = '079e715d04a1ba3a9badc9b7087da42143dce7473e6c38bdbd3aa606be9de44d';
const manifest = JSON.parse(
  readFileSync(
    new URL(`../../test/recorded/bucket/blobs/sha256/07/${blob}`, import.meta.url),
    'utf8',
  ),
);
const limits = limitsSchema.parse({});
const key = 'registry/datasets/garden.json';

/** A store, and datasets in it of files of that name, with so much more of the first class. */
function bench() {
  const objects = memoryObjects();
  const store = openStoreOn(objects);
  const prepared = async (run: string, file: string, more = 0) => {
    const { train } = manifest.splits;
    const classCounts = train.classCounts.map((n: number, c: number) => (c === 0 ? n + more : n));
    const changed = preparedDatasetSchema.parse({
      ...manifest,
      sources: { trainImages: { ...manifest.sources.trainImages, name: file } },
      splits: { ...manifest.splits, train: { count: train.count + more, classCounts } },
    });
    const ref = await store.putBlob(Buffer.from(JSON.stringify(changed)));
    return { run, name: 'garden', manifest: ref };
  };
  const accepted = () => JSON.parse(objects.held.get(key)!.content.toString());
  return { store, objects, prepared, accepted };
}

test('the first is accepted, the same changes nothing, and what is like it takes its place', async () => {
  const { store, prepared, accepted } = bench();
  expect(await acceptWithin(store, await prepared('one', 'a'), limits)).toBeUndefined();
  expect(accepted()).toMatchObject({ schemaVersion: 1, of: 'one' });
  expect(await acceptWithin(store, await prepared('two', 'a'), limits)).toBeUndefined();
  expect(accepted().of).toBe('one');
  expect(await acceptWithin(store, await prepared('three', 'b'), limits)).toBe(
    'The data changed since run one: the numbers that are compared are the same.',
  );
  expect(await acceptWithin(store, await prepared('four', 'c', 1), limits)).toMatch(
    /^The data changed since run three: images of train \d+, now \d+ \(\+[\d.]+ %\); class balance/,
  );
  expect(accepted().of).toBe('four');
});

test('a run whose answer was lost is told again what has changed; no other run is', async () => {
  const { store, prepared } = bench();
  await acceptWithin(store, await prepared('one', 'a'), limits);
  const two = await prepared('two', 'b');
  const told = await acceptWithin(store, two, limits);
  expect(told).toContain('since run one');
  expect(await acceptWithin(store, two, limits)).toBe(told);
  expect(await acceptWithin(store, await prepared('three', 'b'), limits)).toBeUndefined();
});

test('what is too different is refused with numbers until a person accepts it', async () => {
  const { store, prepared, accepted } = bench();
  await acceptWithin(store, await prepared('one', 'a'), limits);
  const other = await prepared('two', 'b', 1000);
  const refused = acceptWithin(store, other, limits);
  await expect(refused).rejects.toThrow(ContractViolation);
  await expect(refused).rejects.toThrow(
    /images of train; class balance of train[\s\S]*accepted last: run one on \d{4}-[\s\S]*at most 20 %[\s\S]*\(\+\d+ %\)[\s\S]*`npx atelier accept two`/,
  );
  expect(accepted().of).toBe('one');
  expect(await acceptAnyhow(store, other)).toContain('since run one');
  expect(accepted().of).toBe('two');
  expect(await acceptWithin(store, { ...other, run: 'three' }, limits)).toBeUndefined();
});

test('of two runs at once, each is held against what the other has accepted', async () => {
  const { store, prepared, accepted } = bench();
  const datasets = [await prepared('small', 'a'), await prepared('large', 'b', 1000)];
  const ends = await Promise.allSettled(datasets.map((one) => acceptWithin(store, one, limits)));
  expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const won = ends.findIndex(({ status }) => status === 'fulfilled');
  expect(accepted().of).toBe(datasets[won]!.run);
});

test('what is no accepted dataset is set aside, and the next is the first', async () => {
  const { store, objects, prepared, accepted } = bench();
  objects.seed(key, Buffer.from('{"of":"nobody"}'));
  expect(await acceptWithin(store, await prepared('one', 'a'), limits)).toBeUndefined();
  expect(accepted().of).toBe('one');
  expect([...objects.held.keys()].some((each) => each.startsWith('set-aside/'))).toBe(true);
});
