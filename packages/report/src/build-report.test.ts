import { expect, test } from 'vitest';
import { fixture } from '../test/fixture.ts';
import { buildReport, reportSchema } from './index.ts';

const { inputs } = fixture();
const report = buildReport(inputs);

test('report.json survives its own schema, nothing lost', () => {
  expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
});

test('equal inputs give equal bytes, in whatever order the epochs come', () => {
  const [history, origins] = [inputs.history, inputs.origins].map((list) => [...list].reverse());
  const shuffled = { ...inputs, history, origins } as typeof inputs;
  expect(JSON.stringify(buildReport(shuffled)) === JSON.stringify(report)).toBe(true);
});

test('every test example is there, and the accuracy can be recounted from them', () => {
  const { actual, predicted, index, confidence, actualProbability } = report.examples;
  const hits = actual.filter((label, i) => label === predicted[i]).length;
  expect(hits / actual.length).toBe(report.result.testAccuracy);
  expect(index).toEqual([...inputs.predictions.indices]);
  actual.forEach((label, i) => {
    const row = inputs.predictions.probabilities.subarray(10 * i, 10 * i + 10);
    // Nine digits hold a float32 exactly.
    expect(Math.fround(confidence[i]!)).toBe(row[predicted[i]!]);
    expect(Math.fround(actualProbability[i]!)).toBe(row[label]);
  });
});

test('the result repeats the numbers below it', () => {
  const { result, evaluation, selection } = report;
  expect(result).toMatchObject({
    testAccuracy: evaluation.metrics.accuracy.value,
    testAccuracyInterval: evaluation.metrics.accuracy.interval,
    testCorrect: evaluation.correct,
    bestEpoch: selection.epoch,
    validationAccuracy: selection.validationAccuracy,
    testMacroF1: evaluation.macro.f1,
    epochs: 120,
    parameters: 166_970,
  });
  expect(result.validationAccuracyInterval.lower).toBeLessThan(selection.validationAccuracy);
  expect(result.trainingSeconds).toBeCloseTo(
    inputs.history.reduce((sum, epoch) => sum + epoch.seconds, 0),
    9,
  );
});

test('the samples depend on the split, not on the seed of the run', () => {
  const [first, second] = [1, 2].map((seed) => buildReport({ ...inputs, seed }).samples);
  expect(second).toEqual(first);
  const dataset = { ...inputs.dataset, splitSeed: 1 };
  expect(buildReport({ ...inputs, dataset }).samples).not.toEqual(first);
});

test('without a reference there is none', () => {
  const plain = buildReport({ ...inputs, reference: undefined });
  expect(plain.reference).toBeNull();
  expect(reportSchema.parse(JSON.parse(JSON.stringify(plain)))).toEqual(plain);
});
