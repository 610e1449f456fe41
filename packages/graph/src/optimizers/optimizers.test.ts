import { readFileSync } from 'node:fs';
import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compileLoop } from '../compile-loop.ts';
import {
  adam,
  adamw,
  clipByGlobalNorm,
  clipByValue,
  cosine,
  exponentialDecay,
  lion,
  lossAndGradients,
  momentum,
  type Optimizer,
  rmsprop,
  type Schedule,
  sgd,
  stepDecay,
  warmUpCosine,
} from './index.ts';

loadTensorFlow();

type Values = { w: number[]; b: number[] };
type Parameters = { w: tf.Tensor; b: tf.Tensor };
/** What PyTorch and optax compute in float64, see optimizer-steps.py there. */
const reference: {
  start: Values;
  gradients: Values[];
  after: Record<string, Values>;
  rates: Record<string, number[]>;
} = JSON.parse(readFileSync(new URL('./fixtures/optimizer-steps.json', import.meta.url), 'utf8'));

const tensors = ({ w, b }: Values): Parameters => ({
  w: tf.tensor2d(w, [2, 3]),
  b: tf.tensor1d(b),
});
const expectClose = (found: ArrayLike<number>, expected: readonly number[]) => {
  expect(found.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs(found[i]! - value)).toBeLessThan(1e-6);
  });
};

const learningRate = 0.1;
const optimizers: Record<string, [Optimizer<string>, ((gradients: Parameters) => Parameters)?]> = {
  sgd: [sgd({ learningRate })],
  momentum: [momentum({ learningRate })],
  nesterov: [momentum({ learningRate, nesterov: true })],
  adam: [adam({ learningRate })],
  adamw: [adamw({ learningRate, betas: [0.8, 0.95], weightDecay: 0.1 })],
  rmsprop: [rmsprop({ learningRate, decay: 0.9 })],
  lion: [lion({ learningRate, weightDecay: 0.1 })],
  norm: [sgd({ learningRate }), (gradients) => clipByGlobalNorm(gradients, 1)],
  value: [sgd({ learningRate }), (gradients) => clipByValue(gradients, 0.5)],
  scheduled: [adam({ learningRate: cosine({ rate: 0.1, steps: 10, minimum: 0.01 }) })],
};

test('optimizers and clipping give the numbers of PyTorch and optax', () => {
  const before = tf.memory().numTensors;
  expect(Object.keys(optimizers)).toEqual(Object.keys(reference.after));
  tf.tidy(() => {
    for (const [name, [{ init, update }, clip = (it: Parameters) => it]] of Object.entries(
      optimizers,
    )) {
      let parameters = tensors(reference.start);
      let state = init(parameters);
      for (const gradient of reference.gradients) {
        ({ parameters, state } = update(clip(tensors(gradient)), state, parameters));
      }
      expect([...state.step.dataSync()]).toEqual([reference.gradients.length]);
      expectClose(parameters.w.dataSync(), reference.after[name]!.w);
      expectClose(parameters.b.dataSync(), reference.after[name]!.b);
    }
  });
  expect(tf.memory().numTensors).toBe(before);
});

test('schedules give the rates of PyTorch and optax, and the last one afterwards', () => {
  const schedules: Record<string, Schedule> = {
    cosine: cosine({ rate: 0.1, steps: 12, minimum: 0.01 }),
    warmUpCosine: warmUpCosine({ rate: 0.1, warmUp: 3, steps: 10, minimum: 0.01 }),
    stepDecay: stepDecay({ rate: 0.1, every: 5, factor: 0.5 }),
    exponentialDecay: exponentialDecay({ rate: 0.1, factor: 0.9 }),
  };
  expect(Object.keys(schedules)).toEqual(Object.keys(reference.rates));
  tf.tidy(() => {
    for (const [name, schedule] of Object.entries(schedules)) {
      const rates = reference.rates[name]!.map(
        (_, i) => schedule(tf.scalar(i, 'int32')).dataSync()[0]!,
      );
      expectClose(rates, reference.rates[name]!);
    }
    expectClose(schedules.cosine!(tf.scalar(50, 'int32')).dataSync(), [0.01]);
  });
});

test('all of them are one compiled loop, state and schedule included', () => {
  const stacked = tf.tidy(() => ({
    w: tf.stack(reference.gradients.map((it) => tensors(it).w)),
    b: tf.stack(reference.gradients.map((it) => tensors(it).b)),
  }));
  const names = Object.keys(optimizers);
  const start = tensors(reference.start);
  const state = Object.fromEntries(
    names.map((name) => [name, { parameters: start, state: optimizers[name]![0].init(start) }]),
  );
  const loop = compileLoop({
    step: (now: typeof state, gradients: Parameters, i) => {
      const row = (tensor: tf.Tensor) =>
        tf.squeeze(tf.gather(tensor, tf.reshape(i, [1])), [0]) as tf.Tensor;
      const gradient = { w: row(gradients.w), b: row(gradients.b) };
      return Object.fromEntries(
        names.map((name) => {
          const [{ update }, clip = (it: Parameters) => it] = optimizers[name]!;
          return [name, update(clip(gradient), now[name]!.state, now[name]!.parameters)];
        }),
      );
    },
    state,
    constants: stacked,
  });
  const after = loop.run({ state, constants: stacked, steps: reference.gradients.length });
  for (const name of names) {
    expectClose(after[name]!.parameters.w.dataSync(), reference.after[name]!.w);
    expectClose(after[name]!.parameters.b.dataSync(), reference.after[name]!.b);
  }
  loop.dispose();
});

test('weight decay spares what it is told to', () => {
  const { init, update } = adamw({
    learningRate,
    weightDecay: 0.5,
    decays: (path, { rank }) => path === 'w' && rank === 2,
  });
  const parameters = tensors(reference.start);
  const none = { w: tf.zeros([2, 3]), b: tf.zeros([3]) };
  const after = update(none, init(parameters), parameters).parameters;
  expectClose(after.b.dataSync(), reference.start.b);
  expectClose(
    after.w.dataSync(),
    reference.start.w.map((value) => value * 0.95),
  );
});

test('trees that do not fit are refused by place', () => {
  const { init, update } = adam({ learningRate });
  const parameters = tensors(reference.start);
  const state = init(parameters);
  const wrong = (gradients: unknown) => () => update(gradients as Parameters, state, parameters);
  expect(wrong({ w: tf.zeros([1, 3]), b: parameters.b })).toThrow(
    /gradient "w" is float32 \[1, 3\], but the parameter is float32 \[2, 3\]/,
  );
  expect(wrong({ w: parameters.w })).toThrow(/gradient "b" is missing/);
  expect(wrong({ ...parameters, c: tf.scalar(1) })).toThrow(/gradient "c" belongs to no parameter/);
  expect(wrong({ ...parameters, w: tf.zeros([2, 3], 'int32') })).toThrow(/"w" is int32/);
  expect(() => init({ ids: tf.zeros([2], 'int32') })).toThrow(/parameter "ids" is int32/);
  expect(() => lossAndGradients(({ w }) => ({ loss: tf.square(w) }), parameters)).toThrow(
    /The loss is float32 \[2, 3\]; expected a scalar[\s\S]*take the mean/,
  );
});

test('numbers with which a parameter would never change, or become NaN, are refused by name', () => {
  const refused = [
    [() => adam({ learningRate, betas: [0.9, 1] }), /betas\[1\] is 1; expected a number from 0/],
    [() => adamw({ learningRate, betas: [-0.1, 0.9] }), /betas\[0\] is -0.1/],
    [() => adamw({ learningRate, epsilon: 0 }), /epsilon is 0/],
    [() => adamw({ learningRate, weightDecay: Number.NaN }), /weightDecay is NaN/],
    [() => lion({ learningRate, betas: [0.9, 1.5] }), /betas\[1\] is 1.5/],
    [() => momentum({ learningRate, momentum: 1 }), /momentum is 1/],
    [() => rmsprop({ learningRate, decay: 2 }), /decay is 2/],
  ] as const;
  for (const [make, message] of refused) expect(make).toThrow(message);
});
