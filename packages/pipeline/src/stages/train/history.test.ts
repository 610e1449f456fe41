import { epochMetricsSchema, isOfOtherData } from '@atelier/train/epochs';
import { expect, test } from 'vitest';
import type { EpochCommit } from '../../run-store.ts';
import { encodeHistory, ofEpochs } from './history.ts';

const metrics = {
  step: 469,
  learningRate: 0.0005,
  trainLoss: 0.7120973,
  trainAccuracy: 0.76715,
  validationLoss: 0.50572,
  validationAccuracy: 0.8364,
  gradientNorm: 1.3528,
};
const checkpoint = { sha256: 'a'.repeat(64), bytes: 2_016_360 };

const commit: EpochCommit = {
  schemaVersion: 1,
  epoch: 1,
  // Stored documents may have been written in another order.
  metrics: Object.fromEntries(Object.entries(metrics).reverse()) as typeof metrics,
  checkpoint,
  seconds: 2.7,
  environment: {} as EpochCommit['environment'],
  madeBy: 'run',
};

test('a history has these bytes, wall times and origins left out', () => {
  expect(encodeHistory([commit], []).toString()).toBe(
    '{"schemaVersion":1,"epochs":[{"epoch":1,"step":469,"learningRate":0.0005,' +
      '"trainLoss":0.7120973,"trainAccuracy":0.76715,"validationLoss":0.50572,' +
      '"validationAccuracy":0.8364,"gradientNorm":1.3528,' +
      `"checkpoint":{"sha256":"${checkpoint.sha256}","bytes":2016360}}]}`,
  );
});

test('epochs of other data are named after the others, with what they were trained on', () => {
  const ref = (letter: string) => ({ sha256: letter.repeat(64), bytes: 1 });
  const refs = { manifest: ref('a'), train: ref('b'), validation: ref('c') };
  const otherData = [{ first: 1, last: 1, ...refs }];
  const history = JSON.parse(
    encodeHistory([commit, { ...commit, epoch: 2 }], otherData).toString(),
  );
  expect(history.otherData).toEqual(otherData);
  expect([1, 2].map((epoch) => isOfOtherData(epoch, history.otherData))).toEqual([true, false]);
});

test('one epoch is spoken of as one', () => {
  expect(ofEpochs({ first: 1, last: 1 }, 'was', 'were')).toBe('Epoch 1 was');
  expect(ofEpochs({ first: 1, last: 2 }, 'was', 'were')).toBe('Epochs 1 to 2 were');
});

test('what was recorded of an epoch before any metric was added is read, and keeps its bytes', () => {
  const recorded = JSON.stringify(metrics);
  expect(JSON.stringify(epochMetricsSchema.parse(JSON.parse(recorded)))).toBe(recorded);
});
