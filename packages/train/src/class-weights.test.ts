import { loadTensorFlow } from '@atelier/tensorflow';
import { tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { balancedWeights, weightedShares } from './class-weights.ts';
import { smallTraining } from './fixtures/small-training.ts';
import { crossEntropy } from './loss.ts';
import { train } from './train.ts';

beforeAll(() => void loadTensorFlow({ threads: 1 }));

test('balanced classes count alike together, and one without examples counts nothing', () => {
  const weights = balancedWeights(Uint8Array.of(0, 0, 0, 2, 0, 0), 4);
  expect(weights).toEqual([6 / (2 * 5), 0, 6 / 2, 0]);
  expect(5 * weights[0]!).toBeCloseTo(weights[2]!);
});

test('the weighted loss is that of the definition, what pads a batch left out', () => {
  const logits = [1, -2, 0.5, 0.3, 0.2, -1, 2, 1, 0, 9, 9, 9];
  const labels = [0, 2, 1, 1];
  const weights = [0.5, 3, 1];
  const shares = tensor2d([[1 / 3, 1 / 3, 1 / 3, 0]]);
  const classes = tensor1d(labels, 'int32');
  const smoothing = 0.1;
  const found = crossEntropy(
    tensor2d(logits, [4, 3]),
    classes,
    smoothing,
    weightedShares(shares, classes, weights),
  ).dataSync()[0];
  const losses = labels.slice(0, 3).map((label, i) => {
    const row = logits.slice(3 * i, 3 * i + 3);
    const total = Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0));
    const likelihoods = row.map((z) => z - total);
    const mean = likelihoods.reduce((sum, l) => sum + l, 0) / 3;
    return -(1 - smoothing) * likelihoods[label]! - smoothing * mean;
  });
  const counted = labels.slice(0, 3).map((label) => weights[label]!);
  const sum = losses.reduce((total, loss, i) => total + counted[i]! * loss, 0);
  expect(found).toBeCloseTo(sum / counted.reduce((a, b) => a + b), 5);
});

test('a class of a few examples is learnt where classes are balanced, by weights or by sampling', async () => {
  const recallOfRare = async (recipe: object) => {
    const options = smallTraining({
      ...{ epochs: 4, learningRate: 3e-3, augmentation: { flip: 0 } },
      ...recipe,
    });
    const { train: all, validation } = options.data;
    const size = 64;
    // Of class 3 only a few images stay.
    const kept = [...all.labels.keys()].filter((i) => all.labels[i] !== 3 || i % 30 === 3);
    const rare = [...validation.labels.keys()].filter((i) => validation.labels[i] === 3);
    const pick = ({ images, labels }: typeof all, which: number[]) => ({
      images: Uint8Array.from(which.flatMap((i) => [...images.subarray(i * size, (i + 1) * size)])),
      labels: Uint8Array.from(which, (i) => labels[i]!),
    });
    const data = { ...options.data, train: pick(all, kept), validation: pick(validation, rare) };
    const records = await train({ ...options, data });
    return records.at(-1)!.validationAccuracy;
  };
  const plain = await recallOfRare({ engine: 'eager' });
  for (const recipe of [{ classWeights: 'balanced' }, { sampling: 'balanced', engine: 'eager' }])
    expect(await recallOfRare(recipe)).toBeGreaterThan(plain + 0.2);
});
