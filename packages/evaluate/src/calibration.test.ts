import { expect, test } from 'vitest';
import { calibration } from './calibration.ts';

test('two bins worked by hand: an upper bound belongs to its bin', () => {
  const result = calibration(Float32Array.of(0.625, 0.875, 0.5), [true, false, true], 2);
  expect(result.bins).toEqual([
    { lower: 0, upper: 0.5, count: 1, confidence: 0.5, accuracy: 1 },
    { lower: 0.5, upper: 1, count: 2, confidence: 0.75, accuracy: 0.5 },
  ]);
  expect(result.expectedError).toBeCloseTo((1 / 3) * 0.5 + (2 / 3) * 0.25, 12);
  expect(result.maximumError).toBe(0.5);
});

test('0 and 1 fall into the outer bins, empty bins say nothing and cost nothing', () => {
  const result = calibration(Float32Array.of(0, 1), [false, true]);
  expect(result.bins.map((bin) => bin.count)).toEqual([1, ...new Array(13).fill(0), 1]);
  expect(result.bins[7]).toMatchObject({ confidence: null, accuracy: null });
  expect(result.expectedError).toBe(0);
  expect(result.maximumError).toBe(0);
});
