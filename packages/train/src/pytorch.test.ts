import { readFileSync } from 'node:fs';
import { compile } from '@atelier/graph';
import { inferenceLogits, type Network, trainingLogits } from '@atelier/model';
import { loadTensorFlow } from '@atelier/tensorflow';
import { scalar, type Tensor, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { wholeBatch } from './fixtures/whole-batch.ts';
import { cosineLearningRate } from './optimizer.ts';
import {
  type BufferLayout,
  bufferLayout,
  type Slot,
  unflatten,
  weightsOfParts,
} from './parameter-buffer.ts';
import { recipeSchema } from './recipe.ts';
import { type DeviceState, learn, toDevice } from './training-step.ts';

interface Reference {
  widths: number[];
  classes: number;
  initial: Record<string, number[] | number[][]>;
  final: Record<string, number[] | number[][]>;
  steps: {
    x: number[][];
    y: number[];
    lr: number;
    loss: number;
    grad_norm_before_clip: number;
    logits: number[][];
  }[];
  eval: { x: number[][]; logits: number[][] };
  cosine_120: Record<string, number>;
}

const reference = JSON.parse(
  readFileSync(new URL('./fixtures/pytorch-steps.json', import.meta.url), 'utf8'),
) as Reference;
const [inputs, ...widths] = reference.widths as [number, ...number[]];
const network: Network = {
  architecture: 'mlp',
  inputs,
  widths,
  classes: reference.classes,
  residual: 3,
  dropout: 0,
  dropoutAt: 'output',
};
const recipe = recipeSchema.parse({ epochs: 6, batchSize: 16 });
const layout = bufferLayout(network);
const tolerance = 1e-5;

beforeAll(() => void loadTensorFlow({ threads: 1 }));

function expectClose(actual: Tensor, expected: number[] | number[][], what: string): void {
  const wanted = expected.flat();
  const found = actual.dataSync();
  expect(found.length, what).toBe(wanted.length);
  for (const [i, value] of wanted.entries())
    expect(Math.abs(found[i]! - value), `${what}[${i}]`).toBeLessThan(tolerance);
}

function gather(from: Reference['initial'], slots: Slot[], length: number): Float32Array {
  const buffer = new Float32Array(length);
  for (const { name, offset } of slots) buffer.set((from[name] as number[]).flat(), offset);
  return buffer;
}

const initialState = (from: Reference['initial'], layout: BufferLayout): DeviceState =>
  toDevice(
    {
      parameters: gather(from, layout.trained, layout.trainedLength),
      firstMoment: new Float32Array(layout.trainedLength),
      secondMoment: new Float32Array(layout.trainedLength),
      running: gather(from, layout.running, layout.runningLength),
      held: gather(from, layout.held, layout.heldLength),
      step: 0,
    },
    layout,
  );

const held = () => tensor1d(gather(reference.initial, layout.held, layout.heldLength));

test.each(['eager', 'compiled'])('six steps agree with PyTorch, %s', (engine) => {
  type Inputs = {
    state: DeviceState;
    x: Tensor;
    labels: Tensor;
    learningRate: Tensor;
    held: Tensor;
  };
  const step = ({ state, x, labels, ...rest }: Inputs) =>
    learn(state, { x, labels, ...wholeBatch(16) }, rest, (h) => h, { network, recipe, layout });
  let state = initialState(reference.initial, layout);
  const inputsOf = ({ x, y, lr }: Reference['steps'][number]): Inputs => ({
    state,
    x: tensor2d(x),
    labels: tensor1d(y, 'int32'),
    learningRate: scalar(lr),
    held: held(),
  });
  const compiled =
    engine === 'compiled' ? compile(step, { inputs: inputsOf(reference.steps[0]!) }) : undefined;
  let before = [0, 0, 0];
  for (const [i, expected] of reference.steps.entries()) {
    expect(cosineLearningRate(recipe, i + 1)).toBeCloseTo(expected.lr, 12);
    const call = inputsOf(expected);
    state = compiled === undefined ? tidy(() => step(call)) : compiled.call(call);
    const sums = [...state.sums.dataSync()];
    expect(Math.abs((sums[0]! - before[0]!) / 16 - expected.loss)).toBeLessThan(tolerance);
    expect(Math.abs(sums[2]! - before[2]! - expected.grad_norm_before_clip)).toBeLessThan(
      tolerance,
    );
    before = sums;
  }
  compiled?.dispose();
  const weights = {
    ...weightsOfParts(state.parameters, layout),
    ...unflatten(state.running, layout.running),
    ...unflatten(held(), layout.held),
  };
  for (const [name, value] of Object.entries(reference.final))
    expectClose(weights[name]!, value, name);
  const logits = inferenceLogits(tensor2d(reference.eval.x), weights, network);
  expectClose(logits, reference.eval.logits, 'evaluation logits');
});

test('the first forward pass agrees with PyTorch', () => {
  const weights = {
    ...weightsOfParts(initialState(reference.initial, layout).parameters, layout),
    ...unflatten(held(), layout.held),
  };
  const x = tensor2d(reference.steps[0]!.x);
  const { shares } = wholeBatch(x.shape[0]);
  const { logits } = trainingLogits(x, shares, weights, network, (h) => h);
  expectClose(logits, reference.steps[0]!.logits, 'training logits');
});

test('the 120-epoch schedule agrees with PyTorch', () => {
  const schedule = recipeSchema.parse({});
  for (const [epoch, rate] of Object.entries(reference.cosine_120))
    expect(cosineLearningRate(schedule, Number(epoch) + 1)).toBeCloseTo(rate, 12);
});
