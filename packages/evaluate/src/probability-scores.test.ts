import { expect, test } from 'vitest';
import { logLoss } from './probability-scores.ts';

const loss = (labels: number[], rows: number[][]) =>
  logLoss({
    probabilities: Float32Array.from(rows.flat()),
    labels: Uint8Array.from(labels),
    indices: Int32Array.from(labels.keys()),
    classes: rows[0]!.length,
  });

test('the mean of -ln(probability of the actual class)', () => {
  expect(
    loss(
      [0, 1],
      [
        [0.5, 0.5],
        [0.75, 0.25],
      ],
    ),
  ).toBeCloseTo((Math.LN2 + 2 * Math.LN2) / 2, 12);
});

test('sure and right costs 0, sure and wrong is finite', () => {
  expect(loss([1], [[0, 1]])).toBe(0);
  expect(loss([0], [[0, 1]])).toBeCloseTo(126 * Math.LN2, 12);
});
