import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describeEnvironment } from '@atelier/tensorflow';
import {
  bufferLayout,
  compiledLoop,
  type DeviceState,
  eagerLoop,
  initialState,
  pixelStore,
  toDevice,
} from '@atelier/train/step';
import { dispose, scalar, tensor1d } from '@tensorflow/tfjs-core';
import { passed, serve } from './contender-child.ts';
import { type OrderedInputs, orderedStep, plainStep } from './ordered-steps.ts';
import type { Workload } from './workload.ts';

const { workload, variant } = passed();
const { network, recipe, normalisation, image, steps, threads } = workload;
const { node, tensorflow } = describeEnvironment({ threads });

const layout = bufferLayout(network);
const options = { network, recipe, layout, normalisation, image };
const stepOf = variant === 'plain' ? plainStep : orderedStep;
const step = stepOf(options);
const loop = variant === 'eager' ? eagerLoop(step) : compiledLoop(step);

const initial = initialState(network, layout, 1);
const inputs = readInputs(workload);
let state: DeviceState = toDevice(initial, layout);

async function train(count: number): Promise<void> {
  const previous = state;
  state = await loop.run(previous, inputs, 0, count);
  dispose(previous);
  await state.sums.data();
}

await train(Math.min(3, steps));
await serve({ node, tensorflow }, () => train(steps));

function readInputs({ directory, recipe: { batchSize } }: Workload): OrderedInputs {
  const read = (name: string) => readFileSync(path.join(directory, name));
  const order = new Int32Array(new Uint8Array(read('order.i32')).buffer, 0, steps * batchSize);
  return {
    pixels: pixelStore(read('images.u8'), image).pixels,
    labels: tensor1d(Int32Array.from(read('labels.u8')), 'int32'),
    order: tensor1d(order, 'int32'),
    learningRate: scalar(recipe.learningRate),
    seed: scalar(1, 'int32'),
    held: tensor1d(initial.held),
  };
}
