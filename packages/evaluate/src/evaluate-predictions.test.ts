import { uniforms } from '@atelier/random';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluatePredictions, evaluationSchema, type Predictions } from './index.ts';

const names = ['cat', 'dog', 'owl'];

function predictionsOf(labels: number[], rows: number[][]): Predictions {
  return {
    probabilities: Float32Array.from(rows.flat()),
    labels: Uint8Array.from(labels),
    indices: Int32Array.from(labels, (_, i) => 100 + i),
    classes: rows[0]?.length ?? 3,
  };
}

// Powers of two, so that float32 holds them exactly.
const worked = predictionsOf(
  [0, 0, 1, 2, 2],
  [
    [0.5, 0.25, 0.25],
    [0.125, 0.75, 0.125],
    [0, 1, 0],
    [0.375, 0.375, 0.25],
    [0.875, 0.0625, 0.0625],
  ],
);

test('an example worked by hand', () => {
  const evaluation = evaluatePredictions(worked, names);
  expect(evaluation).toMatchObject({
    examples: 5,
    correct: 2,
    accuracy: 0.4,
    classes: names,
    confusion: [
      [1, 1, 0],
      [0, 1, 0],
      [2, 0, 0],
    ],
  });
  expect(evaluation.logLoss).toBeCloseTo(((1 + 3 + 0 + 2 + 4) * Math.LN2) / 5, 12);
  expect(evaluation.confusedPairs).toEqual([
    { actual: 2, predicted: 0, count: 2, share: 1 },
    { actual: 0, predicted: 1, count: 1, share: 0.5 },
  ]);
  expect(evaluation.mistakes).toEqual([
    {
      position: 4,
      index: 104,
      actual: 2,
      predicted: 0,
      confidence: 0.875,
      actualProbability: 0.0625,
    },
    {
      position: 1,
      index: 101,
      actual: 0,
      predicted: 1,
      confidence: 0.75,
      actualProbability: 0.125,
    },
    // A tie of cat and dog counts as cat.
    {
      position: 3,
      index: 103,
      actual: 2,
      predicted: 0,
      confidence: 0.375,
      actualProbability: 0.25,
    },
  ]);
});

test('mistakes of equal confidence come in the order of the split', () => {
  const { mistakes } = evaluatePredictions(
    predictionsOf(
      [1, 1, 0],
      [
        [0.75, 0.25, 0],
        [0.75, 0.25, 0],
        [0.125, 0.875, 0],
      ],
    ),
    names,
  );
  expect(mistakes.map((m) => m.position)).toEqual([2, 0, 1]);
});

test('a perfect model has no mistakes, and an interval below 1', () => {
  const evaluation = evaluatePredictions(
    predictionsOf(
      [0, 2],
      [
        [1, 0, 0],
        [0, 0, 1],
      ],
    ),
    names,
  );
  expect(evaluation).toMatchObject({ accuracy: 1, logLoss: 0, mistakes: [], confusedPairs: [] });
  expect(evaluation.accuracyInterval.upper).toBe(1);
  expect(evaluation.accuracyInterval.lower).toBeLessThan(0.5);
  // The dog occurs nowhere: the macro mean is over the two others.
  expect(evaluation.macro).toEqual({ precision: 1, recall: 1, f1: 1 });
});

test('whatever the predictions, the parts agree and fit the schema', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 2, max: 12 }),
      fc.integer(),
      (n, classes, seed) => {
        const u = uniforms(n * (classes + 1), seed);
        const rows = Array.from({ length: n }, (_, i) => {
          const row = Array.from(
            u.subarray(i * classes, (i + 1) * classes),
            (x) => (x + 1e-3) ** 4,
          );
          const total = row.reduce((a, b) => a + b);
          return row.map((x) => x / total);
        });
        const labels = Array.from(u.subarray(n * classes), (x) => Math.floor(x * classes));
        const classNames = Array.from({ length: classes }, (_, c) => `class ${c}`);
        const evaluation = evaluatePredictions(predictionsOf(labels, rows), classNames);
        expect(evaluationSchema.parse(evaluation)).toEqual(evaluation);
        expect(evaluation.confusion.flat().reduce((a, b) => a + b)).toBe(n);
        expect(evaluation.weighted.recall).toBeCloseTo(evaluation.accuracy, 12);
        expect(evaluation.calibration.bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(n);
        const wrong = evaluation.confusedPairs.reduce((sum, pair) => sum + pair.count, 0);
        expect(wrong).toBe(n - evaluation.correct);
        expect(evaluation.mistakes).toHaveLength(Math.min(40, wrong));
        expect(evaluation.accuracyInterval.lower).toBeLessThanOrEqual(evaluation.accuracy);
        expect(evaluation.accuracyInterval.upper).toBeGreaterThanOrEqual(evaluation.accuracy);
      },
    ),
  );
});

test.each<[string, Partial<Predictions>, RegExp]>([
  ['no examples', predictionsOf([], []), /at least one example/],
  [
    'another number of classes',
    { ...worked, classes: 4 },
    /3 classes: cat, dog, owl[\s\S]*4 classes/,
  ],
  [
    'missing probabilities',
    { ...worked, probabilities: new Float32Array(3) },
    /5 × 3 probabilities/,
  ],
  [
    'an unknown label',
    predictionsOf(
      [0, 3],
      [
        [1, 0, 0],
        [1, 0, 0],
      ],
    ),
    /example 1[\s\S]*below 3[\s\S]*3/,
  ],
  ['NaN', predictionsOf([0], [[Number.NaN, 0, 0]]), /example 0[\s\S]*NaN/],
  ['logits', predictionsOf([0], [[0.9, 0.9, 0]]), /sum to 1/],
])('%s: refused with the reason', (_, predictions, reason) => {
  expect(() => evaluatePredictions(predictions as Predictions, names)).toThrow(reason);
});
