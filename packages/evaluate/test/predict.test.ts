import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeSplit, type Split } from '@atelier/data';
import { encodeModel, initialModel, type Model, type Network } from '@atelier/model';
import { normals, uniforms } from '@atelier/random';
import { encodeSafetensors, type Tensor } from '@atelier/safetensors';
import { loadTensorFlow } from '@atelier/tensorflow';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { evaluatePredictions, predict } from '../src/index.ts';
import { predictSplit } from '../src/predict-split.ts';

const network: Network = {
  inputs: 12,
  architecture: 'mlp',
  widths: [9, 8, 8],
  residual: 3,
  classes: 4,
  dropout: 0.3,
  dropoutAt: 'output',
};
const normalisation = { mean: 0.3, std: 0.25 };

/** Every tensor random, so that none can be left out or exchanged unnoticed. */
function randomModel(): Model {
  const initial = initialModel(network, 1);
  const tensors = Object.entries(initial.tensors).map(([name, tensor], i): [string, Tensor] => {
    const draws = normals(tensor.data.length, 7, i);
    const positive = name.endsWith('running_var');
    const data = Float32Array.from(draws, (x) => (positive ? 0.5 + x * x : 0.5 * x));
    return [name, { dtype: 'F32', shape: tensor.shape, data }];
  });
  return { network, tensors: Object.fromEntries(tensors) };
}

// More than two batches, the last of them not full.
const n = 2_345;
const split: Split = {
  name: 'test',
  shape: { height: 3, width: 4, channels: 1 },
  images: Uint8Array.from(uniforms(n * 12, 3), (u) => Math.floor(256 * u)),
  labels: Uint8Array.from(uniforms(n, 4), (u) => Math.floor(4 * u)),
  indices: Int32Array.from({ length: n }, (_, i) => 2 * i + 1),
};

const model = randomModel();
let directory: string;
let modelPath: string;
let splitPath: string;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'atelier-predict-'));
  modelPath = path.join(directory, 'model.safetensors');
  splitPath = path.join(directory, 'test.safetensors');
  await writeFile(modelPath, encodeModel(model));
  await writeFile(splitPath, encodeSplit(split));
});
afterAll(() => rm(directory, { recursive: true }));

test('the child gives what plain arithmetic gives, example for example', async () => {
  const predictions = await predict({ modelPath, splitPath, normalisation, threads: 1 });
  expect(predictions.labels).toEqual(split.labels);
  expect(predictions.indices).toEqual(split.indices);
  expect(predictions.classes).toBe(4);
  for (let i = 0; i < n; i++) {
    const expected = forward(Array.from(split.images.subarray(12 * i, 12 * (i + 1))));
    expected.forEach((p, c) => {
      expect(Math.abs(predictions.probabilities[4 * i + c]! - p)).toBeLessThan(1e-5);
    });
  }
  expect(evaluatePredictions(predictions, ['a', 'b', 'c', 'd']).examples).toBe(n);
});

test('however many at a time, every example has its own row, equal but for the last bits', async () => {
  const options = { modelPath, splitPath, normalisation, threads: 1 };
  const usual = await predict(options);
  const few = await predict({ ...options, evaluationBatch: 7 });
  expect(few.probabilities).toHaveLength(usual.probabilities.length);
  few.probabilities.forEach((p, i) => {
    expect(Math.abs(p - usual.probabilities[i]!)).toBeLessThan(1e-6);
  });
});

test('a training checkpoint serves as well: its other tensors are left aside', async () => {
  const checkpoint = path.join(directory, 'checkpoint.safetensors');
  const moments = Object.fromEntries(
    Object.entries(model.tensors).map(([name, t]) => [`adamw.m.${name}`, t]),
  );
  const bytes = encodeSafetensors({
    tensors: { ...model.tensors, ...moments },
    metadata: { network: JSON.stringify(network), epoch: '3' },
  });
  await writeFile(checkpoint, bytes);
  const options = { splitPath, normalisation, threads: 1 };
  const [a, b] = await Promise.all([
    predict({ ...options, modelPath }),
    predict({ ...options, modelPath: checkpoint }),
  ]);
  expect(b).toEqual(a);
});

test('a split of another size, a missing file, a damaged file: refused by name', async () => {
  const other = path.join(directory, 'other.safetensors');
  await writeFile(
    other,
    encodeSplit({ ...split, shape: { height: 2, width: 6, channels: 1 }, name: 'test' }),
  );
  await expect(predict({ modelPath, splitPath: other, normalisation })).resolves.toBeDefined();
  const half = {
    ...split,
    shape: { ...split.shape, width: 2 },
    images: split.images.subarray(0, 6 * n),
  };
  await writeFile(other, encodeSplit(half));
  await expect(predict({ modelPath, splitPath: other, normalisation })).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringMatching(/images of 12 values[\s\S]*3 × 2 pixels/),
  });
  await writeFile(other, 'not a split');
  await expect(predict({ modelPath, splitPath: other, normalisation })).rejects.toThrow(
    'other.safetensors',
  );
  await expect(
    predict({ modelPath: path.join(directory, 'none'), splitPath, normalisation }),
  ).rejects.toThrow(/ENOENT/);
});

test('an aborted prediction ends with the reason', async () => {
  const reason = new Error('cancelled');
  const promise = predict({
    modelPath,
    splitPath,
    normalisation,
    signal: AbortSignal.timeout(200),
  });
  await expect(promise).rejects.toMatchObject({ name: 'TimeoutError' });
  const aborted = AbortSignal.abort(reason);
  await expect(predict({ modelPath, splitPath, normalisation, signal: aborted })).rejects.toBe(
    reason,
  );
});

test('no tensor is left behind, whether it ends well or not', async () => {
  const tf = loadTensorFlow({ threads: 1 });
  await predictSplit(model, split, { normalisation });
  const before = tf.memory().numTensors;
  for (let i = 0; i < 5; i++) await predictSplit(model, split, { normalisation });
  const signal = AbortSignal.abort(new Error('stop'));
  await expect(predictSplit(model, split, { normalisation, signal })).rejects.toThrow('stop');
  expect(tf.memory().numTensors).toBe(before);
});

/** The network in float64, written from its description. */
function forward(pixels: number[]): number[] {
  const values = (name: string) => model.tensors[name]!.data;
  const affine = (x: number[], name: string) =>
    Array.from(values(`${name}.bias`), (bias, out) =>
      x.reduce(
        (sum, v, i) => sum + v * values(`${name}.weight`)[i * values(`${name}.bias`).length + out]!,
        bias,
      ),
    );
  let h = pixels.map((pixel) => (pixel / 255 - 0.3) / 0.25);
  for (const block of [1, 2, 3]) {
    const of = (name: string, i: number) => values(`bn${block}.${name}`)[i]!;
    const out = affine(h, `fc${block}`).map((v, i) => {
      const centred = (v - of('running_mean', i)) / Math.sqrt(of('running_var', i) + 1e-5);
      const z = centred * of('weight', i) + of('bias', i);
      return (z * (1 + erf(z / Math.SQRT2))) / 2;
    });
    h = block === 3 ? out.map((v, i) => v + h[i]!) : out;
  }
  const exponentials = affine(h, 'head').map(Math.exp);
  const total = exponentials.reduce((a, b) => a + b);
  return exponentials.map((e) => e / total);
}

/** By its Taylor series, to 1e-7. */
function erf(x: number): number {
  if (Math.abs(x) > 4) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum) && k < 400; k++) {
    term *= -(x * x) / k;
    sum += term / (2 * k + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
