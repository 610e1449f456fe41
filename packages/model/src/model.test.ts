import { decodeSafetensors } from '@atelier/safetensors';
import { loadTensorFlow } from '@atelier/tensorflow';
import { grad, slice, type Tensor2D, tensor, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import {
  type Mlp,
  mlpOptions,
  networkOptionsSchema,
  networkSchema,
} from './architectures/index.ts';
import {
  architectureOf,
  decodeModel,
  encodeModel,
  inferenceLogits,
  initialModel,
  networkFor,
  normalise,
  recordedNetwork,
  summary,
  tensorSpecs,
  weightsOf,
} from './index.ts';
import { gelu } from './layers.ts';

beforeAll(() => void loadTensorFlow({ threads: 1 }));

const network = (options: Partial<Mlp> = {}): Mlp => ({
  inputs: 784,
  classes: 10,
  ...mlpOptions.parse(options),
});

test('the default network has 166,970 parameters', () => {
  const { layers, parameters, multiplyAdds } = summary(network());
  expect({ parameters, multiplyAdds }).toEqual({ parameters: 166_970, multiplyAdds: 166_970 });
  expect(layers).toContainEqual({
    name: 'fc1',
    type: 'Linear',
    output: [144],
    parameters: 113_040,
    multiplyAdds: 113_040,
  });
});

test('a residual connection needs a block before its own, of equal width', () => {
  for (const options of [
    { widths: [8, 9], residual: 2 },
    { widths: [8], residual: 2 },
    { widths: [8], residual: 1 },
    { widths: [784, 8], residual: 1 },
  ])
    expect(networkOptionsSchema.safeParse(options).error?.issues[0]?.path).toEqual(['residual']);
  expect(networkOptionsSchema.safeParse({ widths: [8, 8], residual: 2 }).success).toBe(true);
  expect(networkOptionsSchema.safeParse({ widths: [8], residual: 0 }).success).toBe(true);
});

test('initial weights follow Kaiming and depend on the seed alone', () => {
  const model = initialModel(network(), 1);
  expect(model).toEqual(initialModel(network(), 1));
  expect(model).not.toEqual(initialModel(network(), 2));
  const weights = model.tensors['fc1.weight']!.data as Float32Array;
  const variance = weights.reduce((sum, w) => sum + w * w, 0) / weights.length;
  expect(variance * 784).toBeCloseTo(2, 1);
});

test('a model file gives back the model, and refuses a tensor of another shape', () => {
  const model = initialModel(network({ widths: [8, 8], residual: 2 }), 1);
  expect(decodeModel(encodeModel(model, { epoch: '3' }), 'm')).toEqual(model);
  const damaged = structuredClone(model);
  damaged.tensors['fc2.bias'] = { dtype: 'F32', shape: [1], data: Float32Array.of(0) };
  expect(() => decodeModel(encodeModel(damaged), 'm.safetensors')).toThrow(/fc2\.bias/);
});

test('networks without a full description are refused', () => {
  expect(() => networkSchema.parse({ inputs: 784 })).toThrow();
  expect(() => networkSchema.parse({ ...network(), depth: 3 })).toThrow();
  expect(networkSchema.parse(network())).toEqual(network());
});

test('what was recorded before there were kinds of networks is an MLP, and is recorded so', () => {
  const { architecture, ...recorded } = network({ widths: [8, 8], residual: 2 });
  const read = networkSchema.parse(recorded);
  expect(read.architecture).toBe('mlp');
  expect(JSON.stringify(recordedNetwork(read))).toBe(JSON.stringify(recorded));
  const file = decodeSafetensors(encodeModel(initialModel(read, 1)), 'm');
  expect(file.metadata.network).toBe(JSON.stringify(recorded));
  expect(
    networkSchema.safeParse({ ...recorded, architecture: 'tree' }).error?.issues[0],
  ).toMatchObject({ path: ['architecture'], message: expect.stringMatching(/^expected mlp\b/) });
});

test('the default network is described in words', () => {
  const { noun, describe, shape } = architectureOf(network());
  expect(`${noun}: ${describe(network())}`).toBe(
    'fully connected network: 784 inputs, blocks of 144, 128, 128, 128 (linear, BatchNorm, GELU), ' +
      'a residual connection around block 3, dropout 0.3, 10 logits',
  );
  expect(shape(network())).toBe('784-144-128-128-128-10, residual 3');
});

test('a convolutional network is described, counted and kept with the size of its images', () => {
  const image = { height: 28, width: 28, channels: 3 };
  const cnn = networkFor(networkOptionsSchema.parse({ architecture: 'cnn' }), image, 10);
  const { parameters, multiplyAdds, layers } = summary(cnn);
  // Convolutions and their biases, BatchNorm's scales and shifts, the head.
  const [first, second, third] = [27 * 32, 288 * 64, 576 * 128];
  expect(parameters).toBe(first + second + third + 3 * (32 + 64 + 128) + 1290);
  const products = 784 * first + 196 * second + 49 * third;
  expect(multiplyAdds).toBe(products + 2 * (32 + 64 + 128) + 1290);
  expect(layers).toContainEqual({
    ...{ name: 'pool3', type: 'Max pooling 2 x 2', output: [3, 3, 128] },
    ...{ parameters: 0, multiplyAdds: 0 },
  });
  expect(decodeModel(encodeModel(initialModel(cnn, 1)), 'm').network).toEqual(cnn);
  const { describe, shape } = architectureOf(cnn);
  expect(shape(cnn)).toBe('28x28x3, 32-64-128-10, gelu');
  expect(describe(cnn)).toMatch(/^images of 28 x 28 x 3, blocks of 32, 64, 128 filters/);
  for (const wrong of [
    { ...cnn, image: undefined },
    { ...cnn, inputs: 9 },
    { ...network(), image },
  ])
    expect(networkSchema.safeParse(wrong).error?.issues[0]?.path).toEqual(['image']);
  expect(networkFor(mlpOptions.parse({}), { ...image, channels: 1 }, 10)).toEqual(network());
});

test('a residual network is described and counted, blocks keeping size and channels', () => {
  const image = { height: 28, width: 28, channels: 1 };
  const options = { architecture: 'resnet', filters: [16, 32, 64], blocks: 2 };
  const resnet = networkFor(networkOptionsSchema.parse(options), image, 10);
  const { parameters, multiplyAdds, layers } = summary(resnet);
  const stages = [
    { places: 28 * 28, inputs: 1, outputs: 16 },
    { places: 14 * 14, inputs: 16, outputs: 32 },
    { places: 7 * 7, inputs: 32, outputs: 64 },
  ].map(({ places, inputs, outputs }) => {
    const filters = 9 * outputs * (inputs + 4 * outputs);
    return { filters, products: places * filters, norms: 5 * 2 * outputs, held: 5 * outputs };
  });
  const sum = (of: (stage: (typeof stages)[number]) => number) =>
    stages.map(of).reduce((a, b) => a + b, 650);
  expect(parameters).toBe(sum(({ filters, norms, held }) => filters + norms + held));
  expect(multiplyAdds).toBe(sum(({ products, norms }) => products + norms));
  const added = { type: 'Residual', output: [14, 14, 32], parameters: 0, multiplyAdds: 0 };
  expect(layers).toContainEqual({ name: 'add8', ...added });
  expect(decodeModel(encodeModel(initialModel(resnet, 1)), 'm').network).toEqual(resnet);
  const { describe, shape } = architectureOf(resnet);
  expect(shape(resnet)).toBe('28x28x1, 16-32-64-10, blocks 2, gelu');
  expect(describe(resnet)).toContain('then 2 residual blocks of two');
});

test('pixels are normalised by mean and deviation, within the rounding of float32', () => {
  const pixels = Array.from({ length: 256 }, (_, pixel) => pixel);
  const { mean, std } = { mean: 0.286, std: 0.353 };
  const found = tidy(() => normalise(tensor(pixels), { mean, std }).dataSync());
  for (const pixel of pixels) expect(found[pixel]).toBeCloseTo((pixel / 255 - mean) / std, 6);
});

test('colours are normalised by a mean and a deviation of their own', () => {
  const pixels = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120];
  const mean = [0.1, 0.2, 0.3];
  const std = [0.4, 0.5, 0.6];
  const found = tidy(() => normalise(tensor(pixels, [2, 6], 'float32'), { mean, std }));
  expect(found.shape).toEqual([2, 6]);
  const expected = pixels.map((pixel, i) => (pixel / 255 - mean[i % 3]!) / std[i % 3]!);
  for (const [i, value] of found.dataSync().entries()) expect(value).toBeCloseTo(expected[i]!, 5);
  found.dispose();
});

test('GELU and its gradient equal the definition and its finite differences', () => {
  const points = [-3, -1, -0.1, 0, 0.5, 2];
  const values = [-0.00404969, -0.15865525, -0.04601722, 0, 0.34573123, 1.95449974];
  tidy(() => {
    const y = gelu(tensor(points)).dataSync();
    for (const [i, value] of values.entries()) expect(y[i]).toBeCloseTo(value, 6);
    const slope = grad(gelu)(tensor(points)).dataSync();
    const h = 1e-2;
    const up = gelu(tensor(points.map((x) => x + h))).dataSync();
    const down = gelu(tensor(points.map((x) => x - h))).dataSync();
    for (const i of points.keys()) expect(slope[i]).toBeCloseTo((up[i]! - down[i]!) / (2 * h), 3);
  });
});

test('inference is a function of each example alone', () => {
  const small = { ...network({ widths: [8, 8], residual: 2 }), inputs: 4 };
  const weights = weightsOf(initialModel(small, 3));
  tidy(() => {
    const x: Tensor2D = tensor2d([
      [1, 2, 3, 4],
      [-1, 0, 1, 2],
    ]);
    const both = inferenceLogits(x, weights, small).dataSync();
    const first = inferenceLogits(slice(x, [0, 0], [1, 4]), weights, small).dataSync();
    for (const i of Array(10).keys()) expect(both[i]).toBeCloseTo(first[i]!, 5);
  });
  expect(Object.keys(weights)).toEqual(tensorSpecs(small).map(({ name }) => name));
});
