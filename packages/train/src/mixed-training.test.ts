import type { Network } from '@atelier/model';
import { uniforms } from '@atelier/random';
import { loadTensorFlow } from '@atelier/tensorflow';
import {
  gather,
  randomNormal,
  scalar,
  type Tensor,
  tensor1d,
  tensor2d,
} from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { plainImages } from './augmentation.ts';
import { weightedShares } from './class-weights.ts';
import { wholeBatch } from './fixtures/whole-batch.ts';
import { crossEntropy, type MixedWith, mixedLoss } from './loss.ts';
import { mixed, mixtureDraws, mixtureOf } from './mixing.ts';
import { bufferLayout, initialState } from './parameter-buffer.ts';
import { pixelStore } from './pixel-store.ts';
import { recipeSchema } from './recipe.ts';
import { learn, toDevice, trainOn } from './training-step.ts';

beforeAll(() => void loadTensorFlow({ threads: 1 }));

const network: Network = {
  ...{ inputs: 24, architecture: 'mlp', widths: [8, 8, 8], classes: 3, residual: 3 },
  ...{ dropout: 0, dropoutAt: 'output' },
};
const layout = bufferLayout(network);

const initialDevice = () => {
  const initial = initialState(network, layout, 5);
  return { state: toDevice(initial, layout), held: tensor1d(initial.held) };
};

test('the loss of mixed examples is that against mixed labels, smoothed and weighted by class', () => {
  const logits = [1, -2, 0.5, 0.3, 0.2, -1, 2, 1, 0, 9, 9, 9];
  const [labels, theirs] = [
    [0, 2, 1, 1],
    [1, 2, 0, 0],
  ];
  const [weights, smoothing, share] = [[0.5, 3, 1], 0.1, 0.3];
  const shares = tensor2d([[1 / 3, 1 / 3, 1 / 3, 0]]);
  const all = tensor2d(logits, [4, 3]);
  const sharesOf = (of: number[]) => weightedShares(shares, tensor1d(of, 'int32'), weights);
  const own = crossEntropy(all, tensor1d(labels!, 'int32'), smoothing, sharesOf(labels!));
  const mixedWith = {
    labels: tensor1d(theirs!, 'int32'),
    ...{ lossShares: sharesOf(theirs!), share: scalar(share) },
  };
  const found = mixedLoss(own, all, mixedWith, smoothing).dataSync()[0];
  // Every example counts by the weights of its labels, by their shares, and all together once.
  let [total, counted] = [0, 0];
  for (let i = 0; i < 3; i++) {
    const row = logits.slice(3 * i, 3 * i + 3);
    const norm = Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0));
    for (const [label, part] of [
      [labels![i]!, share],
      [theirs![i]!, 1 - share],
    ] as const) {
      const weight = part * weights[label]!;
      const target = (c: number) => smoothing / 3 + (c === label ? 1 - smoothing : 0);
      total -= weight * row.reduce((sum, z, c) => sum + target(c) * (z - norm), 0);
      counted += weight;
    }
  }
  expect(found).toBeCloseTo(total / counted, 5);
});

test('accuracy is counted against the label with the larger share', () => {
  const { state, held } = initialDevice();
  const options = { network, recipe: recipeSchema.parse({}), layout };
  const x = randomNormal([6, 24], 0, 1, 'float32', 1);
  const [labels, theirs] = [
    tensor1d([0, 0, 0, 0, 0, 0], 'int32'),
    tensor1d([1, 1, 1, 2, 2, 2], 'int32'),
  ];
  const { shares, count } = wholeBatch(6);
  const hitsOf = (of: Tensor, mixedWith?: MixedWith) => {
    const rate = { learningRate: scalar(0.01), held };
    const examples = { x, labels: of, shares, count, mixedWith };
    return learn(state, examples, rate, (h) => h, options).sums.dataSync()[1];
  };
  const [own, others] = [hitsOf(labels), hitsOf(theirs)];
  expect(own).not.toBe(others);
  const hitsAt = (share: number) =>
    hitsOf(labels, { labels: theirs, lossShares: shares, share: scalar(share) });
  expect([0.3, 0.5, 0.7].map(hitsAt)).toEqual([others, own, own]);
});

test.each([
  { mixup: 0.4, cutmix: 0 },
  { mixup: 0, cutmix: 1 },
])('a step learns from each image mixed with its partner: %o', (strengths) => {
  const augmentation = { flip: 0, scale: 0, translate: 0, ...strengths };
  const recipe = recipeSchema.parse({ augmentation });
  const image = { height: 4, width: 6, channels: 1 };
  const pixels = Uint8Array.from(uniforms(192, 1), (u) => Math.floor(256 * u));
  const store = pixelStore(pixels, image);
  const options = { network, recipe, layout, image, normalisation: { mean: 0, std: 1 / 255 } };
  const { state, held } = initialDevice();
  const [seed, learningRate] = [scalar(3, 'int32'), scalar(0.01)];
  const labels = tensor1d([0, 1, 2, 0, 1, 2, 0, 1], 'int32');
  const [ids, backwards] = [
    [6, 1, 3, 2],
    [2, 3, 1, 6],
  ].map((of) => tensor1d(of, 'int32')) as [Tensor, Tensor];
  const { shares, count } = wholeBatch(4);
  const inputs = { pixels: store.pixels, labels, learningRate, seed, held };
  const found = trainOn(state, inputs, { ids, shares, count }, options);
  const mixture = mixtureOf(recipe.augmentation, image, mixtureDraws([3, 1, -2]));
  const mixedWith = { labels: gather(labels, backwards), lossShares: shares, share: mixture.share };
  const x = mixed(plainImages(store, ids), tensor1d([3, 2, 1, 0], 'int32'), mixture);
  const examples = { x, labels: gather(labels, ids), shares, count, mixedWith };
  const expected = learn(state, examples, { learningRate, held }, (h) => h, options);
  const loss = found.sums.dataSync()[0]!;
  expect(loss).toBeCloseTo(expected.sums.dataSync()[0]!, 4);
  // The share is neither 0 nor 1, so that without the partner the loss is another.
  const alone = learn(
    state,
    { ...examples, mixedWith: undefined },
    { learningRate, held },
    (h) => h,
    options,
  );
  expect(Math.abs(loss - alone.sums.dataSync()[0]!)).toBeGreaterThan(1e-3);
});
