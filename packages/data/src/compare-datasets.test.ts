import { expect, test } from 'vitest';
import { compareDatasets, type DatasetFacts, limitsSchema } from './compare-datasets.ts';

const facts: DatasetFacts = {
  classes: ['cat', 'dog'],
  shape: [28, 28, 1],
  classCounts: { train: [500, 500], validation: [50, 50], test: [50, 50] },
  normalisation: { mean: 0.3, std: 0.2 },
  duplicatesAcross: 2,
};
const usual = limitsSchema.parse({});
const violated = (found: Partial<DatasetFacts>, limits = {}) =>
  compareDatasets(facts, { ...facts, ...found }, limitsSchema.parse(limits))
    .filter((change) => change.violated)
    .map(({ what, found: words }) => `${what}: ${words}`);
const train = (...counts: number[]) => ({ classCounts: { ...facts.classCounts, train: counts } });

test('what is the same is no change', () => {
  const changes = compareDatasets(facts, structuredClone(facts), usual);
  expect(changes).toHaveLength(9);
  for (const { changed, violated: isOver } of changes)
    expect([changed, isOver]).toEqual([false, false]);
});

test.each<[string, Partial<DatasetFacts>, object, string[]]>([
  ['a fifth more', train(600, 600), {}, []],
  ['more than a fifth', train(602, 600), {}, ['images of train: 1,000, now 1,202 (+20.2 %)']],
  ['half of it', train(250, 250), {}, ['images of train: 1,000, now 500 (-50 %)']],
  ['half of it, allowed', train(250, 250), { examples: 50 }, []],
  ['five points of balance', train(550, 450), {}, []],
  [
    'six points of balance',
    train(560, 440),
    {},
    ['class balance of train: moved by 6 points (most of all cat: 50 %, now 56 %)'],
  ],
  [
    'a class that is gone',
    train(1000, 0),
    { classBalance: 100 },
    [
      'class balance of train: moved by 50 points (most of all cat: 50 %, now 100 %); no image any more of dog',
    ],
  ],
  ['a tenth of the deviation', { normalisation: { mean: 0.319, std: 0.219 } }, {}, []],
  [
    'pixels of another scale',
    { normalisation: { mean: 0.15, std: 0.1 } },
    {},
    [
      'mean of the training pixels: 0.3, now 0.15 (-75 % of the deviation)',
      'deviation of the training pixels: 0.2, now 0.1 (-50 %)',
    ],
  ],
  ['two more duplicates', { duplicatesAcross: 4 }, {}, []],
  [
    'three more duplicates',
    { duplicatesAcross: 5 },
    {},
    ['images of validation and test that occur in an earlier split: 2 (1 %), now 5 (2.5 %)'],
  ],
  ['fewer duplicates', { duplicatesAcross: 0 }, { duplicates: 0 }, []],
  [
    'another class',
    { classes: ['cat', 'cow'] },
    {},
    [
      'the kind of data: 2 classes (cat, dog), images of 28 × 28 × 1, now 2 classes (cat, cow), images of 28 × 28 × 1',
    ],
  ],
])('%s is held against the limits', (_, found, limits, expected) => {
  expect(violated(found, limits)).toEqual(expected);
});
