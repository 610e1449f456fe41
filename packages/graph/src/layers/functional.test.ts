import { createRequire } from 'node:module';
import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test } from 'vitest';
import { compile, compileLoop, lossAndGradients, sgd } from '../index.ts';
import { type FunctionalModel, functional, type ModelWeights } from './functional.ts';

loadTensorFlow();
const tfjs = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu');
const { layers, sequential, model: graphModel, input, train } = tfjs;
afterEach(() => tf.disposeVariables());

/** A smooth tensor that is the same in every run. */
const waves = (shape: number[], pace: number) =>
  tf.tidy(() => tf.reshape(tf.sin(tf.mul(tf.range(0, tf.util.sizeFromShape(shape)), pace)), shape));

/** Initial weights that are the same in every run, and no zeros. */
const settle = (model: Pick<TrainedByLayers, 'getWeights' | 'setWeights'>) =>
  model.setWeights(
    model.getWeights().map((it, i) => tf.add(tf.mul(waves(it.shape, 1.3 + i), 0.4), 0.5)),
  );

const steps = 20;
const mean = (y: tf.Tensor, target: tf.Tensor) => tf.losses.meanSquaredError(target, y);

type TrainedByLayers = Parameters<typeof functional>[0] & {
  getWeights(): tf.Tensor[];
  setWeights(weights: tf.Tensor[]): void;
  compile(options: object): void;
  trainOnBatch(x: tf.Tensor, y: tf.Tensor): Promise<unknown>;
};

/** The same training by tf.layers itself and by a compiled loop; how far their weights are apart. */
async function difference(
  make: () => TrainedByLayers,
  x: tf.Tensor,
  jit = false,
): Promise<{ apart: number; moved: number }> {
  const model = make();
  settle(model);
  const { weights, apply, penalty }: FunctionalModel<tf.Tensor, tf.Tensor> = functional(model);
  const start = weights();
  const y = tf.tidy(() => waves(apply(start, x).output.shape, 0.7));
  const { update, init } = sgd({ learningRate: 0.05 });
  const loop = compileLoop({
    step: ({ parameters, state }: ModelWeights, data: { x: tf.Tensor; y: tf.Tensor }) => {
      const { gradients, aux } = lossAndGradients((now) => {
        const found = apply({ parameters: now, state }, data.x, { training: true });
        const loss = tf.add(mean(found.output, data.y), penalty({ parameters: now, state }));
        return { loss, aux: found.state };
      }, parameters);
      return { parameters: update(gradients, init(parameters), parameters).parameters, state: aux };
    },
    state: start,
    constants: { x, y },
    jit,
  });
  const trained = loop.run({ state: start, constants: { x, y }, steps });
  loop.dispose();
  // tf.layers' own training.
  model.compile({ optimizer: train.sgd(0.05), loss: 'meanSquaredError' });
  for (let i = 0; i < steps; i++) await model.trainOnBatch(x, y);
  const byLayers: ModelWeights = weights();
  let [apart, moved] = [0, 0];
  for (const kind of ['parameters', 'state'] as const) {
    for (const [name, tensor] of Object.entries(byLayers[kind])) {
      const far = (other: tf.Tensor) => tf.max(tf.abs(tf.sub(tensor, other))).dataSync()[0]!;
      apart = Math.max(apart, far(trained[kind][name]!));
      moved = Math.max(moved, far(start[kind][name]!));
    }
  }
  return { apart, moved };
}

const two =
  (...parts: unknown[]) =>
  () =>
    sequential({ layers: parts });
const words = () => tf.tensor2d([1, 2, 3, 0], [2, 2]);
/** Dot-product attention of a sequence to itself, with a nested model around its projections. */
const attention = () => {
  const x = input({ shape: [3, 4] });
  const query = sequential({ layers: [layers.dense({ units: 4, inputShape: [3, 4] })] }).apply(x);
  const scores = layers.dot({ axes: [2, 2] }).apply([query, layers.dense({ units: 4 }).apply(x)]);
  const mixed = layers
    .dot({ axes: [2, 1] })
    .apply([layers.activation({ activation: 'softmax' }).apply(scores), x]);
  return graphModel({ inputs: x, outputs: layers.dense({ units: 1 }).apply(mixed) });
};
/** A layer of somebody's own: a weight, and a count of its calls that is no parameter. */
class Scale extends layers.Layer {
  static className = 'Scale';
  build(shape: number[]) {
    const { ones, zeros } = tfjs.initializers;
    this.factor = this.addWeight('factor', [shape.at(-1)], 'float32', ones());
    this.calls = this.addWeight('calls', [], 'float32', zeros(), undefined, false);
    super.build(shape);
  }
  call([x]: tf.Tensor[]) {
    return tf.tidy(() => {
      this.calls.write(tf.add(this.calls.read(), 1));
      return tf.mul(tf.tanh(x!), this.factor.read());
    });
  }
}
/** A minimal gated unit, as a cell for layers.rnn. */
class GatedCell extends layers.RNNCell {
  static className = 'GatedCell';
  stateSize = 2;
  build(shape: number[]) {
    const ones = tfjs.initializers.ones();
    this.kernel = this.addWeight('kernel', [shape.at(-1), 2], 'float32', ones);
    this.recurrent = this.addWeight('recurrent', [2, 2], 'float32', ones);
    this.built = true;
  }
  call([x, state]: tf.Tensor[]) {
    return tf.tidy(() => {
      const input = tf.matMul(x!, this.kernel.read());
      const gate = tf.sigmoid(tf.add(input, tf.matMul(state!, this.recurrent.read())));
      const next = tf.add(tf.mul(gate, state!), tf.mul(tf.sub(1, gate), tf.tanh(input)));
      return [next, next];
    });
  }
}
const kinds: [string, () => TrainedByLayers, () => tf.Tensor, boolean?][] = [
  [
    'dense, with a regularizer, and batchNormalization',
    () =>
      two(
        layers.dense({ units: 3, inputShape: [4], kernelRegularizer: 'l1l2' }),
        layers.batchNormalization({ momentum: 0.8 }),
        layers.dense({ units: 1, activation: 'tanh' }),
      )(),
    () => waves([6, 4], 0.9),
    true,
  ],
  [
    'conv2d, depthwise, pooling and layerNormalization',
    () =>
      two(
        layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [6, 6, 1], activation: 'relu' }),
        layers.depthwiseConv2d({ kernelSize: 2 }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.flatten(),
        layers.layerNormalization(),
        layers.dense({ units: 1 }),
      )(),
    () => waves([3, 6, 6, 1], 0.9),
  ],
  [
    'embedding, lstm and gru',
    () =>
      two(
        layers.embedding({ inputDim: 4, outputDim: 3, inputLength: 2 }),
        layers.lstm({ units: 2, returnSequences: true }),
        layers.bidirectional({ layer: layers.gru({ units: 2 }), mergeMode: 'concat' }),
        layers.dense({ units: 1 }),
      )(),
    words,
  ],
  [
    'convLstm2d and a layer of one’s own, with state',
    () =>
      two(
        layers.convLstm2d({ filters: 2, kernelSize: 2, padding: 'same', inputShape: [2, 3, 3, 1] }),
        layers.flatten(),
        new Scale(),
        layers.dense({ units: 1 }),
      )(),
    () => waves([2, 2, 3, 3, 1], 0.9),
  ],
  [
    'stacked cells, one of them one’s own, and a bidirectional simpleRNN',
    () =>
      two(
        layers.rnn({
          cell: [layers.lstmCell({ units: 3 }), new GatedCell()],
          ...{ returnSequences: true, inputShape: [2, 2] },
        }),
        layers.bidirectional({ layer: layers.simpleRNN({ units: 2 }), mergeMode: 'sum' }),
        layers.dense({ units: 1 }),
      )(),
    () => waves([2, 2, 2], 0.9),
  ],
  ['attention and a model in a model', attention, () => waves([2, 3, 4], 0.9)],
];

for (const [name, make, x, jit] of kinds) {
  test(`${name} train as by tf.layers`, async () => {
    const { apart, moved } = await difference(make, x(), jit);
    expect(moved).toBeGreaterThan(0.01);
    expect(apart).toBeLessThan(1e-4);
  });
}

test('layers that draw take a key: equal keys, equal draws, eager and compiled', () => {
  const model = sequential({
    layers: [
      layers.dense({ units: 8, inputShape: [3, 8] }),
      layers.dropout({ rate: 0.5 }),
      layers.gaussianNoise({ stddev: 0.1 }),
      layers.gaussianDropout({ rate: 0.2 }),
      layers.alphaDropout({ rate: 0.2 }),
      layers.timeDistributed({ layer: layers.dropout({ rate: 0.3 }) }),
      layers.gru({ units: 4, dropout: 0.4, recurrentDropout: 0.4 }),
    ],
  });
  settle(model);
  const { weights, apply }: FunctionalModel<tf.Tensor, tf.Tensor> = functional(model);
  const start = weights();
  const x = waves([2, 3, 8], 0.9);
  const before = tf.memory().numTensors;
  const draw = (step: number) =>
    tf.tidy(() => [...apply(start, x, { training: true, key: [7, step] }).output.dataSync()]);
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(() => tf.tidy(() => apply(start, x, { training: true }))).toThrow(
    /layer "dropout_Dropout\d+" draws random numbers in training, and no key/,
  );
  const quiet = () => tf.tidy(() => [...apply(start, x).output.dataSync()]);
  expect(quiet()).toEqual([...tf.tidy(() => model.predict(x)).dataSync()]);
  const compiled = compile(
    ({ step }: { step: tf.Tensor }) => apply(start, x, { training: true, key: [7, step] }).output,
    { inputs: { step: { shape: [], dtype: 'int32' } }, jit: false },
  );
  const found = tf.tidy(() => [...compiled.call({ step: tf.scalar(1, 'int32') }).dataSync()]);
  compiled.dispose();
  draw(1).forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 5);
  });
  expect(tf.memory().numTensors).toBe(before + 1);
});

test('weights go back into the model; others, and models that cannot be, are refused by name', () => {
  const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2], name: 'head' })] });
  const { weights, apply, assign, penalty }: FunctionalModel<tf.Tensor, tf.Tensor> =
    functional(model);
  const start = weights();
  const [kernel, bias] = Object.keys(start.parameters) as [string, string];
  const ones = { parameters: { [kernel]: tf.ones([2, 1]), [bias]: tf.ones([1]) }, state: {} };
  const x = tf.tensor2d([[2, 3]]);
  expect([...apply(ones, x).output.dataSync()]).toEqual([6]);
  expect([...penalty(ones).dataSync()]).toEqual([0]);
  expect(model.predict(x).dataSync()[0]).not.toBe(6);
  assign(ones);
  expect([...model.predict(x).dataSync()]).toEqual([6]);
  const wrong = { ...ones.parameters, [kernel]: tf.ones([1, 1]) };
  expect(() => apply({ parameters: wrong, state: {} }, x)).toThrow(
    /parameters "head\/kernel\w*" is float32 \[1, 1\]; the model has float32 \[2, 1\]/,
  );
  expect(() => apply({ parameters: {}, state: {} }, x)).toThrow(/"head\/kernel\w*" is missing/);
  expect(() => assign({ ...ones, state: { other: x } })).toThrow(/state "other" is no weight/);

  const refused =
    (...parts: unknown[]) =>
    () =>
      functional(sequential({ layers: parts }));
  expect(
    refused(layers.lstm({ units: 1, stateful: true, batchInputShape: [1, 2, 1], name: 'memory' })),
  ).toThrow(/layer "memory" is stateful/);
  expect(
    refused(layers.dense({ units: 1, inputShape: [2], kernelConstraint: 'nonNeg', name: 'pos' })),
  ).toThrow(/weight "pos\/kernel\w*" has a constraint/);
});
