import { expect, test } from 'vitest';
import { fixture } from '../test/fixture.ts';
import { buildReport } from './build-report.ts';
import { answersOf, testFilesOf } from './reference.ts';
import type { Reference } from './reference-schema.ts';
import { renderReport } from './render-report.ts';

const { inputs, images } = fixture({ examples: 200, epochs: 2 });
const { predictions, dataset } = inputs;
const numbers = { ...inputs.reference!, source: 'run other, seed 2' };

/** The same run, had it been wrong about some more and right about others. */
function reference(wrong: number, right = 0): Reference {
  const labels = predictions.labels.slice();
  const probabilities = predictions.probabilities.slice();
  const own = { dataset, predictions: { ...predictions, labels, probabilities } };
  const best = (i: number) => {
    const row = probabilities.subarray(i * 10, (i + 1) * 10);
    return row.indexOf(Math.max(...row));
  };
  const all = [...labels.keys()];
  for (const i of all.filter((i) => best(i) === labels[i]).slice(0, wrong))
    labels[i] = (labels[i]! + 1) % 10;
  for (const i of all.filter((i) => best(i) !== predictions.labels[i]).slice(0, right))
    labels[i] = best(i);
  return { ...numbers, answers: answersOf('other', own) };
}

test('a run is compared with on the same images: pairs, not two accuracies', async () => {
  const report = buildReport({ ...inputs, reference: reference(12, 2) });
  expect(report.reference!.paired).toMatchObject({ run: 'other', examples: 200 });
  const { difference, pValue, a } = report.reference!.paired!;
  expect(difference).toBeCloseTo(10 / 200, 12);
  expect(a).toBeCloseTo(report.result.testAccuracy, 12);
  // 2 (1 + 14 + 91) / 2^14
  expect(pValue).toBeCloseTo((2 * (1 + 14 + 91)) / 2 ** 14, 12);
  expect(JSON.stringify(report)).not.toContain('"answers"');
  const text = await renderReport(report, images);
  expect(text).toMatch(
    /On the 200 test images that both have, the accuracy of [\d.]+% is above run other&#39;s [\d.]+%: the 95% interval of the difference is \+[\d.]+ to \+[\d.]+ points, p = 0\.0129 by/,
  );
  expect(text).toContain('This run and the reference (run other, seed 2)');
});

test('of other splits the shared images count; of other files there are none', () => {
  const { answers, ...others } = reference(5);
  const half = {
    ...predictions,
    indices: predictions.indices.map((i, row) => (row < 50 ? i : i + 900)),
  };
  const shifted = buildReport({ ...inputs, predictions: half, reference: { ...others, answers } });
  expect(shifted.reference!.paired!.examples).toBe(50);
  const elsewhere = { ...answers!, testFiles: 'others' };
  const unpaired = buildReport({ ...inputs, reference: { ...others, answers: elsewhere } });
  expect(unpaired.reference).toEqual(others);
});

test('test files are known by their digests, whatever training files are', () => {
  const { sources } = dataset;
  const { trainImages: _, ...without } = sources;
  expect(testFilesOf({ sources: without })).toBe(testFilesOf(dataset));
  const other = { ...sources, testLabels: { ...sources.testLabels!, sha256: 'f'.repeat(64) } };
  expect(testFilesOf({ sources: other })).not.toBe(testFilesOf(dataset));
});
