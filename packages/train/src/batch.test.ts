import type { Network } from '@atelier/model';
import { loadTensorFlow } from '@atelier/tensorflow';
import {
  concat,
  randomNormal,
  reshape,
  scalar,
  type Tensor,
  tensor1d,
} from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { type Batch, batchAt, type Shares } from './batch.ts';
import { wholeBatch } from './fixtures/whole-batch.ts';
import { bufferLayout, initialState } from './parameter-buffer.ts';
import { recipeSchema } from './recipe.ts';
import { type DeviceState, learn, toDevice } from './training-step.ts';

beforeAll(() => void loadTensorFlow({ threads: 1 }));

const values = ({ positions, shares, count }: Batch) => ({
  positions: [...positions.dataSync()],
  shares: [...shares.dataSync()],
  count: count.dataSync()[0],
});

test('a batch within the examples has them all, in equal shares', () => {
  expect(values(batchAt(scalar(1, 'int32'), 4, 10))).toEqual({
    positions: [4, 5, 6, 7],
    shares: [0.25, 0.25, 0.25, 0.25],
    count: 4,
  });
});

test('the last batch repeats the last example without a share', () => {
  expect(values(batchAt(scalar(2, 'int32'), 4, 10))).toEqual({
    positions: [8, 9, 9, 9],
    shares: [0.5, 0.5, 0, 0],
    count: 2,
  });
});

test('what pads a batch changes nothing that is learnt', () => {
  const network: Network = {
    inputs: 6,
    architecture: 'mlp',
    widths: [8, 8, 8],
    classes: 3,
    residual: 3,
    dropout: 0,
    dropoutAt: 'output',
  };
  const recipe = recipeSchema.parse({ batchSize: 9 });
  const layout = bufferLayout(network);
  const initial = initialState(network, layout, 5);
  const state = toDevice(initial, layout);
  const held = tensor1d(initial.held);
  const learnt = (x: Tensor, labels: number[], shares: Shares) =>
    learn(
      state,
      { x, labels: tensor1d(labels, 'int32'), ...shares },
      { learningRate: scalar(0.01), held },
      (h) => h,
      { network, recipe, layout },
    );
  const x = randomNormal([5, 6], 0, 1, 'float32', 1);
  const labels = [0, 1, 2, 1, 0];
  const alone = learnt(x, labels, wholeBatch(5));
  const { shares, count } = batchAt(scalar(0, 'int32'), 9, 5);
  const nonsense = randomNormal([4, 6], 50, 20, 'float32', 2);
  const padded = learnt(concat([x, nonsense]), [...labels, 2, 2, 1, 0], { shares, count });

  // Loss, hits and gradient norm; running statistics; moments, which are the gradients' by now.
  for (const of of [
    ({ sums }: DeviceState) => sums,
    ({ running }: DeviceState) => running,
    ({ firstMoment }: DeviceState) => concat(firstMoment.map((part) => reshape(part, [-1]))),
  ]) {
    const [expected, found] = [of(alone).dataSync(), of(padded).dataSync()];
    expect(found.length).toBe(expected.length);
    for (const [i, value] of expected.entries())
      expect(Math.abs(found[i]! - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
  }
  // And it would not be so if it had a share.
  const even = learnt(concat([x, nonsense]), [...labels, 2, 2, 1, 0], wholeBatch(9));
  expect(Math.abs(even.sums.dataSync()[2]! - alone.sums.dataSync()[2]!)).toBeGreaterThan(1e-3);
});
