import type { Predictions } from '@atelier/evaluate';
import { uniforms } from '@atelier/random';
import { expect, test } from 'vitest';
import { drawSamples } from './examples.ts';

function predictionsOf(n: number, classes: number): Predictions {
  const u = uniforms(n * classes, 1);
  const probabilities = Float32Array.from(u, (x, i) => {
    const start = classes * Math.floor(i / classes);
    return x / u.subarray(start, start + classes).reduce((a, b) => a + b);
  });
  const labels = Uint8Array.from({ length: n }, (_, i) => (i * 7) % classes);
  return { probabilities, labels, indices: Int32Array.from(labels, (_, i) => 10 + i), classes };
}

test('equally many of each class, in class order, each once', () => {
  const samples = drawSamples(predictionsOf(500, 10), 3);
  expect(samples.map((s) => s.actual)).toEqual(Array.from({ length: 40 }, (_, i) => i >> 2));
  expect(new Set(samples.map((s) => s.position)).size).toBe(40);
});

test('the seed decides, and different seeds draw differently', () => {
  const predictions = predictionsOf(500, 10);
  expect(drawSamples(predictions, 3)).toEqual(drawSamples(predictions, 3));
  expect(drawSamples(predictions, 4)).not.toEqual(drawSamples(predictions, 3));
});

test('a sample carries its own row of the predictions', () => {
  const predictions = predictionsOf(100, 4);
  for (const { position, index, actual, predicted, confidence, ...rest } of drawSamples(
    predictions,
    0,
  )) {
    const row = predictions.probabilities.subarray(4 * position, 4 * position + 4);
    expect(index).toBe(10 + position);
    expect(actual).toBe(predictions.labels[position]);
    expect(Float32Array.from(rest.probabilities)).toEqual(row);
    expect(Math.fround(confidence)).toBe(Math.max(...row));
    expect(rest.probabilities[predicted]).toBe(confidence);
    expect(rest.probabilities[actual]).toBe(rest.actualProbability);
  }
});

test('few examples give few samples', () => {
  expect(drawSamples(predictionsOf(3, 3), 0)).toHaveLength(3);
});

test('of more classes than pictures the draw decides, in class order, no class twice', () => {
  const classes = (seed: number) =>
    drawSamples(predictionsOf(900, 90), seed).map(({ actual }) => actual);
  expect(classes(0)).toHaveLength(40);
  expect(classes(0)).toEqual([...new Set(classes(0))].sort((a, b) => a - b));
  expect(Math.max(...classes(0))).toBeGreaterThan(60);
  expect(classes(1)).not.toEqual(classes(0));
});
