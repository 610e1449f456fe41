import { uniforms } from '@atelier/random';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  evaluatePredictions,
  evaluationSchema,
  type Predictions,
  storedEvaluationSchema,
  testResult,
  wilsonInterval,
} from './index.ts';

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
    classes: names,
    confusion: [
      [1, 1, 0],
      [0, 1, 0],
      [2, 0, 0],
    ],
  });
  expect(evaluation.coverage.map(({ threshold, ...kept }) => [threshold, kept])).toEqual([
    [0.5, { count: 4, correct: 2 }],
    [0.6, { count: 3, correct: 1 }],
    [0.7, { count: 3, correct: 1 }],
    [0.8, { count: 2, correct: 1 }],
    [0.9, { count: 1, correct: 1 }],
    [0.95, { count: 1, correct: 1 }],
    [0.99, { count: 1, correct: 1 }],
  ]);
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

test('every metric of the table, worked by hand', () => {
  const { metrics } = evaluatePredictions(worked, names);
  const expected = {
    accuracy: 2 / 5,
    // The third example's owl comes after two others, and so does the last one's, by a tie.
    top2Accuracy: 3 / 5,
    macroF1: (2 / 5 + 2 / 3 + 0) / 3,
    logLoss: ((1 + 3 + 0 + 2 + 4) * Math.LN2) / 5,
    brierScore: (0.375 + 1.34375 + 0 + 0.84375 + 1.6484375) / 5,
    calibrationError: (0.5 + 0.75 + 0 + 0.375 + 0.875) / 5,
  };
  expect(Object.keys(metrics)).toEqual(Object.keys(expected));
  for (const [name, value] of Object.entries(expected))
    expect(metrics[name as keyof typeof expected]!.value, name).toBeCloseTo(value, 12);
  expect(metrics.top2Accuracy!.interval).toEqual(wilsonInterval(3, 5));
});

test('of two classes, being among the first two says nothing', () => {
  const rows = [
    [0.25, 0.75],
    [0.5, 0.5],
  ];
  const { metrics } = evaluatePredictions(predictionsOf([0, 1], rows), ['no', 'yes']);
  expect(metrics).not.toHaveProperty('top2Accuracy');
  expect(metrics.accuracy.value).toBe(0);
});

test('an evaluation that an earlier version wrote can be read', () => {
  const { schemaVersion: _, metrics, coverage: __, ...detail } = evaluatePredictions(worked, names);
  const { accuracy, macroF1, logLoss, calibrationError } = metrics;
  const earlier = {
    schemaVersion: 1,
    ...detail,
    accuracy: accuracy.value,
    accuracyInterval: accuracy.interval,
    logLoss: logLoss!.value,
  };
  expect(storedEvaluationSchema.parse(JSON.parse(JSON.stringify(earlier)))).toEqual({
    ...detail,
    schemaVersion: 2,
    metrics: { accuracy, macroF1, logLoss, calibrationError },
    coverage: [],
  });
  const now = evaluatePredictions(worked, names);
  expect(storedEvaluationSchema.parse(JSON.parse(JSON.stringify(now)))).toEqual(now);
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
  expect(evaluation).toMatchObject({ mistakes: [], confusedPairs: [] });
  expect(testResult(evaluation.metrics)).toMatchObject({
    testAccuracy: 1,
    testTop2Accuracy: 1,
    testMacroF1: 1,
    testLogLoss: 0,
    testBrierScore: 0,
    testCalibrationError: 0,
  });
  const { interval } = evaluation.metrics.accuracy;
  expect(interval.upper).toBe(1);
  expect(interval.lower).toBeLessThan(0.5);
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
        const { value, interval } = evaluation.metrics.accuracy;
        expect(evaluation.weighted.recall).toBeCloseTo(value, 12);
        expect(evaluation.metrics.top2Accuracy?.value ?? 1).toBeGreaterThanOrEqual(value);
        expect(evaluation.calibration.bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(n);
        const wrong = evaluation.confusedPairs.reduce((sum, pair) => sum + pair.count, 0);
        expect(wrong).toBe(n - evaluation.correct);
        expect(evaluation.mistakes).toHaveLength(Math.min(40, wrong));
        expect(interval.lower).toBeLessThanOrEqual(value);
        expect(interval.upper).toBeGreaterThanOrEqual(value);
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
