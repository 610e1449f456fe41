import { adamw, lossAndGradients } from '@atelier/graph';
import {
  add,
  argMax,
  cast,
  conv2d,
  grad,
  losses,
  matMul,
  mul,
  oneHot,
  randomNormal,
  relu,
  reshape,
  scalar,
  slice,
  sum,
  type Tensor,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core';
import { layerSizes, workload } from './workload.ts';

/** A step that a loop repeats; every one needs what the one before gave, so that none can be left out. */
export interface PrecisionCase {
  name: string;
  state: Record<string, Tensor>;
  constants: Record<string, Tensor>;
  step(state: Record<string, Tensor>, constants: Record<string, Tensor>): Record<string, Tensor>;
  /** Steps of one measurement. */
  steps: number;
}

const noise = (shape: number[], seed: number): Tensor =>
  randomNormal(shape, 0, 0.1, 'float32', seed);

/** One operation on two tensors, of which the second is moved a little from step to step. */
function operation(
  name: string,
  [fixed, moved]: [number[], number[]],
  run: (fixed: Tensor, moved: Tensor) => Tensor,
): PrecisionCase {
  return {
    name,
    state: { moved: noise(moved, 1) },
    constants: { fixed: noise(fixed, 2) },
    step: ({ moved }, { fixed }) => {
      const result = run(fixed!, moved!);
      const first = slice(result, Array(result.rank).fill(0), Array(result.rank).fill(1));
      return { moved: add(moved!, mul(reshape(first, []), 1e-30)) };
    },
    steps: 20,
  };
}

const product = (m: number, k: number, n: number): PrecisionCase =>
  operation(
    `product ${m} x ${k} x ${n}`,
    [
      [m, k],
      [k, n],
    ],
    (a, b) => matMul(a, b),
  );

const sameConvolution = (x: Tensor, filter: Tensor): Tensor =>
  conv2d(x as Tensor4D, filter as Tensor4D, 1, 'same');

const shapes: [number[], number[]] = [
  [64, 14, 14, 32],
  [3, 3, 32, 64],
];

/** A training step of the reference network's linear layers, with ReLU, cross-entropy and AdamW. */
function mlp(batch: number): PrecisionCase {
  const sizes = layerSizes(workload({ steps: 0, threads: 0, directory: '' }).network);
  const weights = Object.fromEntries(
    sizes.map(([inputs, outputs], i) => [
      `${i}`,
      randomNormal([inputs, outputs], 0, inputs ** -0.5, 'float32', i + 1),
    ]),
  );
  const x = noise([batch, sizes[0]![0]], 7);
  const classes = sizes.at(-1)![1];
  const labels = tidy(() =>
    cast(oneHot(argMax(slice(x, [0, 0], [batch, classes]), 1), classes), 'float32'),
  );
  const { init, update } = adamw({ learningRate: 1e-3 });
  const forward = (parameters: Record<string, Tensor>, x: Tensor): Tensor =>
    Object.values(parameters).reduce((y, weight, i) => matMul(i === 0 ? y : relu(y), weight), x);
  const optimizer = init(weights);
  const tree = { parameters: weights, optimizer, loss: scalar(0) as Tensor };
  return {
    name: `MLP, training step of ${batch}`,
    state: tree as never,
    constants: { x, labels },
    step: (state, { x, labels }) => {
      const { parameters, optimizer } = state as unknown as typeof tree;
      const found = lossAndGradients(
        (now) => ({ loss: losses.softmaxCrossEntropy(labels!, forward(now, x!)) }),
        parameters,
      );
      const next = update(found.gradients, optimizer, parameters);
      return { parameters: next.parameters, optimizer: next.state, loss: found.loss } as never;
    },
    steps: 20,
  };
}

export const precisionCases: readonly (() => PrecisionCase)[] = [
  () => product(128, 784, 192),
  () => product(784, 128, 192),
  () => product(128, 192, 96),
  () => product(512, 512, 512),
  () => product(1024, 1024, 1024),
  () =>
    operation(
      '32 products 128 x 64 x 128',
      [
        [32, 128, 64],
        [32, 64, 128],
      ],
      (a, b) => matMul(a, b),
    ),
  () => operation('convolution 64 x 14, 32 to 64', shapes, sameConvolution),
  () =>
    operation('its gradient by the filter', shapes, (x, filter) =>
      grad((filter) => sum(relu(sameConvolution(x, filter))))(filter),
    ),
  () => mlp(128),
  () => mlp(1024),
];
