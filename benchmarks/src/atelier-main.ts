import { describeEnvironment } from '@atelier/tensorflow';
import {
  bufferLayout,
  compiledLoop,
  type DeviceState,
  eagerLoop,
  initialState,
  toDevice,
} from '@atelier/train/step';
import { dispose } from '@tensorflow/tfjs-core';
import { passed, serve } from './contender-child.ts';
import { orderedStep, plainStep, readInputs } from './ordered-steps.ts';

const { workload, variant } = passed();
const { network, recipe, normalisation, image, steps, threads } = workload;
const { node, tensorflow } = describeEnvironment({ threads });

const layout = bufferLayout(network);
const options = { network, recipe, layout, normalisation, image };
const stepOf = variant === 'plain' ? plainStep : orderedStep;
const step = stepOf(options);
const loop = variant === 'eager' ? eagerLoop(step) : compiledLoop(step);

const initial = initialState(network, layout, 1);
const inputs = readInputs(workload, initial.held);
let state: DeviceState = toDevice(initial, layout);

async function train(count: number): Promise<void> {
  const previous = state;
  state = await loop.run(previous, inputs, 0, count);
  dispose(previous);
  await state.sums.data();
}

await train(Math.min(3, steps));
await serve({ versions: { node, tensorflow } }, () => train(steps));
