import { readFileSync } from 'node:fs';
import { compile } from '@atelier/graph';
import { inferenceLogits, type Network, networkFor } from '@atelier/model';
import { networkOptionsSchema } from '@atelier/model/network';
import { loadTensorFlow } from '@atelier/tensorflow';
import { scalar, type Tensor, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { wholeBatch } from './fixtures/whole-batch.ts';
import { lossAndGradient } from './loss.ts';
import { bufferLayout, type Slot, unflatten, weightsOfParts } from './parameter-buffer.ts';
import { recipeSchema } from './recipe.ts';
import { type DeviceState, learn, toDevice } from './training-step.ts';

type Numbers = Record<string, number[]>;

/** What PyTorch computed: fixtures/README.md. */
interface Reference {
  image: { height: number; width: number; channels: number };
  filters: number[];
  classes: number;
  batch: number;
  networks: {
    activation: 'gelu' | 'relu';
    initial: Numbers;
    final: Numbers;
    steps: {
      x: number[];
      y: number[];
      learningRate: number;
      logits: number[];
      loss: number;
      norm: number;
      gradients: Numbers;
    }[];
    evaluation: { x: number[]; logits: number[] };
  }[];
}

const references = (['cnn', 'resnet'] as const).map((architecture) => {
  const path = new URL(`./fixtures/${architecture}-steps.json`, import.meta.url);
  return { architecture, ...(JSON.parse(readFileSync(path, 'utf8')) as Reference) };
});
const cases = references.flatMap(({ networks, ...reference }) =>
  networks.flatMap((steps) =>
    (['eager', 'compiled'] as const).map((how) => ({ ...reference, ...steps, how })),
  ),
);
// A residual network compiles for seconds: once is enough beside the other.
const tried = cases.filter(
  ({ architecture, activation, how }) =>
    architecture === 'cnn' || (how === 'compiled') === (activation === 'relu'),
);

beforeAll(() => void loadTensorFlow({ threads: 1 }));

function expectClose(actual: Tensor, expected: number[], what: string): void {
  const found = actual.dataSync();
  expect(found.length, what).toBe(expected.length);
  for (const [i, value] of expected.entries())
    expect(Math.abs(found[i]! - value), `${what}[${i}]`).toBeLessThan(1e-5);
}

const gather = (from: Numbers, slots: Slot[]): Float32Array =>
  Float32Array.from(slots.flatMap(({ name }) => from[name]!));

test.each(tried)(
  'six steps of a $architecture with $activation agree with PyTorch, $how',
  ({ architecture, image, filters, classes, batch, how, activation, ...expectation }) => {
    const { initial, final, steps, evaluation } = expectation;
    const recipe = recipeSchema.parse({ epochs: 6, batchSize: batch });
    const network: Network = networkFor(
      networkOptionsSchema.parse({ architecture, filters, activation, dropout: 0 }),
      image,
      classes,
    );
    const layout = bufferLayout(network);
    const zeros = () => new Float32Array(layout.trainedLength);
    const held = tensor1d(gather(initial, layout.held));
    let state: DeviceState = toDevice(
      {
        parameters: gather(initial, layout.trained),
        firstMoment: zeros(),
        secondMoment: zeros(),
        running: gather(initial, layout.running),
        held: gather(initial, layout.held),
        step: 0,
      },
      layout,
    );
    const options = { network, recipe, layout };
    type Inputs = { state: DeviceState; x: Tensor; labels: Tensor; learningRate: Tensor };
    const step = ({ state, x, labels, learningRate }: Inputs) => {
      const examples = { x, labels, ...wholeBatch(batch) };
      const buffers = { parameters: state.parameters, held };
      const { logits, gradients } = lossAndGradient(examples, buffers, (h) => h, options);
      return {
        state: learn(state, examples, { learningRate, held }, (h) => h, options),
        logits,
        gradients,
      };
    };
    const inputsOf = ({ x, y, learningRate }: (typeof steps)[number]): Inputs => ({
      state,
      x: tensor2d(x, [batch, network.inputs]),
      labels: tensor1d(y, 'int32'),
      learningRate: scalar(learningRate),
    });
    const compiled =
      how === 'compiled' ? compile(step, { inputs: inputsOf(steps[0]!) }) : undefined;
    let [lossBefore, normBefore] = [0, 0];
    for (const expected of steps) {
      const inputs = inputsOf(expected);
      const found = compiled?.call(inputs) ?? tidy(() => step(inputs));
      expectClose(found.logits, expected.logits, 'logits');
      const named = weightsOfParts(found.gradients, layout);
      expect(Object.keys(expected.gradients).sort()).toEqual(Object.keys(named).sort());
      for (const [name, gradient] of Object.entries(expected.gradients))
        expectClose(named[name]!, gradient, `the gradient of ${name}`);
      state = found.state;
      const [loss, , norm] = state.sums.dataSync();
      expect(Math.abs((loss! - lossBefore) / batch - expected.loss)).toBeLessThan(1e-5);
      expect(Math.abs(norm! - normBefore - expected.norm)).toBeLessThan(1e-5);
      [lossBefore, normBefore] = [loss!, norm!];
    }
    compiled?.dispose();
    const weights = {
      ...weightsOfParts(state.parameters, layout),
      ...unflatten(state.running, layout.running),
      ...unflatten(held, layout.held),
    };
    for (const [name, value] of Object.entries(final)) expectClose(weights[name]!, value, name);
    const logits = inferenceLogits(
      tensor2d(evaluation.x, [batch, network.inputs]),
      weights,
      network,
    );
    expectClose(logits, evaluation.logits, 'evaluation logits');
  },
);
