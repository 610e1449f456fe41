import { expect, test } from 'vitest';
import { checkFinite } from './divergence.ts';
import type { EpochMetrics } from './epoch-record.ts';

const metrics: EpochMetrics = {
  step: 469,
  learningRate: 5e-4,
  trainLoss: 0.5,
  trainAccuracy: 0.8,
  validationLoss: 0.4,
  validationAccuracy: 0.85,
  gradientNorm: 1.2,
};
const running = Float32Array.of(0.1, 1);

test('an epoch of finite numbers passes', () => {
  expect(() => checkFinite(1, metrics, { running })).not.toThrow();
});

test.each([
  ['trainLoss', 'the training loss', Number.POSITIVE_INFINITY],
  ['validationLoss', 'the validation loss', Number.NaN],
  ['gradientNorm', "the gradient's norm", Number.POSITIVE_INFINITY],
] as const)('%s that is not finite is named, with its epoch', (key, name, value) => {
  expect(() => checkFinite(3, { ...metrics, [key]: value }, { running })).toThrow(
    new RegExp(`${name} is not .*\\n +where: epoch 3\\n.*\\n +found: ${value}`),
  );
});

test('a running statistic that is not finite is refused', () => {
  const broken = Float32Array.of(0.1, Number.POSITIVE_INFINITY);
  expect(() => checkFinite(3, metrics, { running: broken })).toThrow(/a running statistic is not/);
});
