import { normals } from '@atelier/random';
import { expect, test } from 'vitest';
import { evaluatePredictions } from '../evaluate-predictions.ts';
import type { Predictions } from '../predictions.ts';
import type { ComparedRun } from './align-predictions.ts';
import { compareRuns, verdictOf } from './compare-runs.ts';
import { comparisonSchema } from './schema.ts';

const classes = ['cat', 'dog', 'eel'];
const n = 90;

/** A model whose logit of the actual class is `skill` higher, with noise of its own seed. */
function model(
  seed: number,
  skill: number,
  indices: Int32Array<ArrayBufferLike> = Int32Array.from({ length: n }, (_, i) => i),
) {
  const noise = normals(1000 * 3, 7, seed);
  const probabilities = new Float32Array(indices.length * 3);
  const labels = Uint8Array.from(indices, (index) => index % 3);
  for (const [row, index] of indices.entries()) {
    const odds = classes.map((_, c) =>
      Math.exp(noise[index * 3 + c]! + (c === labels[row] ? skill : 0)),
    );
    const sum = odds.reduce((a, b) => a + b, 0);
    probabilities.set(
      odds.map((value) => value / sum),
      row * 3,
    );
  }
  return { probabilities, labels, indices, classes: 3 } satisfies Predictions;
}

const run = (seed: number, skill: number, indices?: Int32Array): ComparedRun => ({
  run: `run-${seed}-${skill}`,
  ...{ seed, classes, predictions: model(seed, skill, indices) },
});

test('two models: every number is that of their evaluations, and the parts agree', () => {
  const [a, b] = [run(1, 2), run(2, 1)];
  const found = compareRuns([a], [b]);
  expect(comparisonSchema.parse(JSON.parse(JSON.stringify(found)))).toEqual(found);
  const evaluated = [a, b].map(({ predictions }) => evaluatePredictions(predictions, classes));
  expect(Object.keys(found.metrics).sort()).toEqual(Object.keys(evaluated[0]!.metrics).sort());
  for (const [name, value] of Object.entries(found.metrics)) {
    const [ofA, ofB] = evaluated.map(({ metrics }) => metrics[name as 'accuracy'].value);
    expect(value!.a).toBeCloseTo(ofA!, 12);
    expect(value!.b).toBeCloseTo(ofB!, 12);
    expect(value!.difference).toBeCloseTo(ofA! - ofB!, 12);
    expect(value!.interval.lower).toBeLessThan(value!.difference);
    expect(value!.interval.upper).toBeGreaterThan(value!.difference);
  }
  for (const [c, { recall, f1 }] of found.classes.entries()) {
    expect(recall!.a).toBeCloseTo(evaluated[0]!.perClass[c]!.recall, 12);
    expect(f1.b).toBeCloseTo(evaluated[1]!.perClass[c]!.f1, 12);
  }
  const { counts, onlyA, onlyB } = found;
  expect([onlyA.length, onlyB.length]).toEqual([counts.onlyA, counts.onlyB]);
  expect(counts.both + counts.onlyA + counts.onlyB + counts.neither).toBe(n);
  expect(onlyA.every(({ actual, a, b }) => a.predicted === actual && b.predicted !== actual)).toBe(
    true,
  );
  expect(found.about).toBe('models');
  expect(verdictOf(found)).toMatch(
    /A is better; difference \+\d.*p = 0\.\d{4} \(exact McNemar\)\.$/,
  );
});

test('the other way round it is the same with the other sign', () => {
  const [one, other] = [
    compareRuns([run(1, 2)], [run(2, 1)]),
    compareRuns([run(2, 1)], [run(1, 2)]),
  ];
  const { accuracy } = one.metrics;
  expect(other.metrics.accuracy.difference).toBe(-accuracy.difference);
  expect(other.metrics.accuracy.pValue).toBe(accuracy.pValue);
  expect(other.metrics.accuracy.interval.lower).toBeCloseTo(-accuracy.interval.upper, 12);
  expect(one.metrics.logLoss!.interval.lower).toBeCloseTo(
    -other.metrics.logLoss!.interval.upper,
    12,
  );
  expect(one.classes.map(({ change }) => change)).not.toContain('lost');
  expect(other.classes.map(({ change }) => change)).toEqual(
    one.classes.map(({ change }) => (change === 'gained' ? 'lost' : change)),
  );
});

test('a model compared with itself is the same, bit for bit', () => {
  const found = compareRuns([run(1, 2)], [run(1, 2)]);
  expect(found).toMatchObject({ identical: true, counts: { onlyA: 0, onlyB: 0 } });
  expect(found.metrics.accuracy).toMatchObject({ difference: 0, pValue: 1 });
  expect(verdictOf(found)).toContain('bit for bit');
});

test('other test splits are compared on what they share, in whatever order they hold it', () => {
  const low = Int32Array.from({ length: 60 }, (_, i) => i);
  const high = Int32Array.from({ length: 60 }, (_, i) => 89 - i);
  const found = compareRuns([run(1, 2, low)], [run(2, 1, high)]);
  const shared = Int32Array.from({ length: 30 }, (_, i) => 30 + i);
  const expected = compareRuns([run(1, 2, shared)], [run(2, 1, shared)]);
  expect(found.examples).toBe(30);
  expect(found.metrics).toEqual(expected.metrics);
  expect(found.onlyA).toEqual(expected.onlyA);
  expect(found.a).toEqual([{ run: 'run-1-2', seed: 1, examples: 60 }]);
});

test('several seeds: paired where they match, in any order, otherwise not', () => {
  const seeds = (...list: number[]) => list.map((seed) => run(seed, 1.5));
  const others = (...list: number[]) =>
    list.map((seed) => ({ ...run(seed + 100, 1.2), seed }) satisfies ComparedRun);
  const paired = compareRuns(seeds(1, 2, 3), others(3, 1, 2));
  expect(paired.about).toBe('paired seeds');
  expect(paired.b.map(({ seed }) => seed)).toEqual([1, 2, 3]);
  const unpaired = compareRuns(seeds(1, 2, 3), others(3, 4));
  expect(unpaired.about).toBe('unpaired seeds');
  const twice = seeds(1, 2).map((one) => ({ ...one, seed: 1 }));
  expect(compareRuns(twice, others(1, 2)).about).toBe('unpaired seeds');
  expect(verdictOf(unpaired)).toContain('(over seeds and examples)');
  expect(() => compareRuns(seeds(1, 2, 3), seeds(3, 4))).toThrow(/stands twice.*run-3-1.5 twice/s);
  for (const { metrics } of [paired, unpaired])
    expect(metrics.logLoss!.interval.lower).toBeLessThan(metrics.logLoss!.difference);
});

const relabelled = (): ComparedRun => {
  const given = run(2, 1);
  const labels = given.predictions.labels.map((label, i) => (i === 5 ? (label + 1) % 3 : label));
  return { ...given, predictions: { ...given.predictions, labels } };
};

test.each<[string, ComparedRun[], RegExp]>([
  ['nothing in common', [run(2, 1, Int32Array.from([900, 901]))], /no example in common.*0 shar/s],
  ['other labels', [relabelled()], /different labels.*test image 5 labelled eel.*cat in run/s],
  ['other classes', [{ ...run(2, 1), classes: ['cat', 'eel', 'dog'] }], /different classes/],
  ['the same run twice', [run(2, 1), run(2, 1)], /stands twice among several.*run-2-1 twice/s],
  ['one against several', [run(2, 1), run(3, 1)], /A single run does not tell.*1 against 2/s],
])('%s is refused with the reason', (_, b, message) => {
  expect(() => compareRuns([run(1, 2)], b)).toThrow(message);
});
