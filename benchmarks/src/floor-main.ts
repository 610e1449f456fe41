import { compileLoop } from '@atelier/graph';
import type { Mlp } from '@atelier/model/network';
import { describeEnvironment } from '@atelier/tensorflow';
import { dispose, randomNormal, scalar } from '@tensorflow/tfjs-core';
import { passed, serve } from './contender-child.ts';
import { type FloorInputs, type FloorState, floorStep } from './floor.ts';
import { layerSizes } from './workload.ts';

const { workload } = passed<Mlp>();
const { steps, threads, recipe, network } = workload;
const { node, tensorflow } = describeEnvironment({ threads });

const [first, ...others] = layerSizes(network).map(([inputs, outputs], seed) =>
  randomNormal([inputs, outputs], 0, inputs ** -0.5, 'float32', seed + 1),
);
const constants: FloorInputs = {
  x: randomNormal([recipe.batchSize, network.inputs], 0, 1, 'float32', 1),
  weights: others,
};
let state: FloorState = { first: first!, sum: scalar(0) };
const loop = compileLoop({ step: floorStep, state, constants });

async function multiply(count: number): Promise<void> {
  const previous = state;
  state = loop.run({ state: previous, constants, steps: count });
  dispose(previous);
  const [sum] = await state.sum.data();
  if (!Number.isFinite(sum)) throw new Error(`The sum of products is ${sum}.`);
}

await multiply(3);
await serve({ versions: { node, tensorflow } }, () => multiply(steps));
