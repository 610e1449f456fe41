import { anyComparisonSchema } from '@atelier/report/comparison';
import { expect, test } from 'vitest';
import { compareWithPublished, publishedLines, referenceOfRun } from './published-comparison.ts';
import type { StoredRun } from './stored-run.ts';

const published = { testAccuracy: 0.5, testExamples: 100, validationAccuracy: 0.5, bestEpoch: 1 };
const reference = { ...published, source: 'a paper' };

/** A run that recognises `correct` of 100 images of two classes. */
function stored(correct: number, name: string, given?: object | 'none'): StoredRun {
  const labels = Uint8Array.from({ length: 100 }, (_, i) => i % 2);
  const probabilities = new Float32Array(200);
  for (const [i, label] of labels.entries())
    probabilities[2 * i + (i < correct ? label : 1 - label)] = 1;
  const indices = Int32Array.from(labels, (_, i) => i);
  return {
    record: { runId: 'r', seed: 3, configuration: { dataset: { name }, reference: given } },
    dataset: { title: 'Pets', classes: ['cat', 'dog'] },
    predictions: { probabilities, labels, indices, classes: 2 },
  } as unknown as StoredRun;
}

test('a run is compared with what it was started with, else with what is published', () => {
  expect(referenceOfRun(stored(1, 'mine', reference))).toEqual(reference);
  expect(referenceOfRun(stored(1, 'fashion-mnist'))).toMatchObject({ testAccuracy: 0.9202 });
  expect(() => referenceOfRun(stored(1, 'mine'))).toThrow(/no published numbers of mine/);
  expect(() => referenceOfRun(stored(1, 'fashion-mnist', 'none'))).toThrow(/--reference none/);
});

test.each([
  [70, /is above the reference's 50\.00 %; difference \+20\.00 points/],
  [52, /cannot be told apart from the reference's/],
  [30, /is below the reference's 50\.00 %; difference −20\.00 points/],
])('%i of 100 against a published half', (correct, verdict) => {
  const comparison = compareWithPublished(stored(correct, 'mine', reference), reference);
  expect(anyComparisonSchema.parse(JSON.parse(JSON.stringify(comparison)))).toEqual(comparison);
  expect(comparison.verdict).toMatch(verdict);
  const lines = publishedLines(comparison, 80);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines.join('\n')).toMatch(/reference +a paper$/);
});
