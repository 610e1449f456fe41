import type { PreparedDataset } from '@atelier/data/prepared-dataset';
import { expect, test } from 'vitest';
import { runOptionsSchema } from '../configuration/run-options.ts';
import { checkSameTestImages, differingOf } from './differing.ts';
import type { StoredRun } from './stored-run.ts';

type Described = Pick<StoredRun, 'record' | 'dataset' | 'report'>;

const counts = { train: 0, validation: 0, test: 0 };
const file = (digit: string) => ({ name: `${digit}.gz`, bytes: 1, sha256: digit.repeat(64) });
const balance = { smallest: 1, largest: 1, emptyClasses: [] };
const split = { count: 2, classCounts: [1, 1] };

function described(
  changes: {
    seed?: number;
    options?: object;
    dataset?: Partial<PreparedDataset>;
    environment?: object;
    commit?: string;
  } = {},
): Described {
  const { seed = 1, options = {}, environment = {}, commit = 'c'.repeat(40) } = changes;
  const { dataset: _, ...configuration } = runOptionsSchema.parse(options);
  const dataset: PreparedDataset = {
    schemaVersion: 1,
    ...{ name: 'pets', title: 'Pets', classes: ['cat', 'dog'], height: 4, width: 4 },
    ...{ source: 'here', licence: 'MIT', splitSeed: 1, validationMembers: 'AA==' },
    sources: { trainImages: file('1'), testImages: file('2'), testLabels: file('3') },
    normalisation: { mean: 0.5, std: 0.25 },
    splits: { train: split, validation: split, test: split },
    contract: {
      classBalance: { train: balance, validation: balance, test: balance },
      duplicates: {
        ...{ groups: 0, within: counts, conflictingLabels: 0, examples: [] },
        across: { trainValidation: 0, trainTest: 0, validationTest: 0 },
      },
      constantImages: { ...counts, examples: [] },
    },
    ...changes.dataset,
  };
  return {
    record: {
      ...{ runId: 'r', seed, code: { commit, dirty: false, sources: 's'.repeat(64) } },
      configuration: { ...configuration, dataset: { name: dataset.name } },
    } as unknown as Described['record'],
    dataset,
    report: {
      environment: { device: 'cpu', threads: 2, ...environment },
    } as unknown as Described['report'],
  };
}

const nothing = { configuration: [], data: [], environment: [] };

test('equal runs differ by nothing, and what differs is told alone', () => {
  expect(differingOf([described()], [described()])).toEqual(nothing);
  const other = described({
    seed: 2,
    options: { recipe: { epochs: 3 }, splitSeed: 7, threads: 4, promote: true, gateCount: 5 },
    dataset: {
      splitSeed: 7,
      normalisation: { mean: 0.5, std: 0.3 },
      sources: { trainImages: file('9'), testImages: file('2'), testLabels: file('3') },
    },
    environment: { threads: 4 },
    commit: 'd'.repeat(40),
  });
  expect(differingOf([described()], [other])).toEqual({
    configuration: [
      { name: 'seed', a: '1', b: '2' },
      { name: 'splitSeed', a: '1', b: '7' },
      { name: 'promote', a: 'false', b: 'true' },
      { name: 'gateCount', a: '0', b: '5' },
      { name: 'threads', a: 'all cores', b: '4' },
      { name: 'recipe.epochs', a: '120', b: '3' },
    ],
    data: [
      { name: 'file trainImages', a: '111111111111', b: '999999999999' },
      { name: 'normalisation.std', a: '0.25', b: '0.3' },
    ],
    environment: [
      { name: 'threads', a: '2', b: '4' },
      { name: 'code', a: 'cccccccccccc', b: 'dddddddddddd' },
    ],
  });
});

test('of several runs each value is told once; the same seeds on both sides do not differ', () => {
  const side = (dropout: number, seeds: number[]) =>
    seeds.map((seed) => described({ seed, options: { network: { dropout } } }));
  expect(differingOf(side(0.3, [1, 2]), side(0, [2, 1]))).toEqual({
    ...nothing,
    configuration: [{ name: 'network.dropout', a: '0.3', b: '0' }],
  });
  expect(differingOf(side(0.3, [1, 10, 2]), side(0.3, [3])).configuration).toEqual([
    { name: 'seed', a: '1; 2; 10', b: '3' },
  ]);
});

test('other test images are refused; other labels may be of the same images', () => {
  const relabelled = described({
    dataset: { sources: { trainImages: file('1'), testImages: file('2'), testLabels: file('8') } },
  });
  checkSameTestImages([described(), relabelled]);
  const other = described({
    dataset: { sources: { trainImages: file('1'), testImages: file('7'), testLabels: file('3') } },
  });
  expect(() => checkSameTestImages([described(), relabelled, other])).toThrow(
    /tested on other images.*2\.gz 222222222222, as in run r.*7\.gz 777777777777/s,
  );
});
