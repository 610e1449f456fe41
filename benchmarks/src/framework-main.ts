/** Trains a network of framework-networks.ts with tfjs, eagerly or through `jit` (variant: eager | jit). */
import { adam, jit, lossAndGradients } from '@atelier/graph';
import { describeEnvironment } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { serve } from './contender-child.ts';
import { lossOf, networks } from './framework-networks.ts';
import { type FrameworkWork, readFrameworkData } from './framework-work.ts';

const [json, variant] = process.argv.slice(2) as [string, string];
const work = JSON.parse(json) as FrameworkWork;
const { node, tensorflow } = describeEnvironment({ threads: work.threads });
const network = networks[work.network];
const { initial, batches } = readFrameworkData(work);
const betas: [number, number] = [0.9, 0.999];
const epsilon = 1e-8;

type Batch = (typeof batches)[number];

/** As tfjs's own documents write it: variables, and an optimizer that assigns to them. */
function eagerStep(): (batch: Batch) => tf.Scalar {
  const variables = Object.fromEntries(
    Object.entries(initial).map(([name, value]) => [name, tf.variable(value)]),
  );
  const optimizer = tf.train.adam(work.learningRate, ...betas, epsilon);
  return (batch) => optimizer.minimize(() => lossOf(network, variables, batch, false), true)!;
}

/** The same as a pure function of its state, compiled. */
function jittedStep(): (batch: Batch) => tf.Scalar {
  const { init, update } = adam({ learningRate: work.learningRate, betas, epsilon });
  let state = { parameters: initial, optimizer: init(initial) };
  const step = jit((now: typeof state, batch: Batch) => {
    const { loss, gradients } = lossAndGradients(
      (parameters) => ({ loss: lossOf(network, parameters, batch, true) }),
      now.parameters,
    );
    const next = update(gradients, now.optimizer, now.parameters);
    return { state: { parameters: next.parameters, optimizer: next.state }, loss };
  });
  return (batch) => {
    const { state: next, loss } = step(state, batch);
    tf.dispose(state);
    state = next;
    return loss;
  };
}

const step = variant === 'eager' ? eagerStep() : jittedStep();
let made = 0;

/** @returns the last step's loss */
async function train(steps: number): Promise<number> {
  let loss: tf.Scalar | undefined;
  for (let i = 0; i < steps; i++) {
    loss?.dispose();
    loss = step(batches[made++ % batches.length]!);
  }
  const [value] = await loss!.data();
  loss!.dispose();
  return value!;
}

/** Seconds. */
async function timed(run: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await run();
  return (performance.now() - begin) / 1000;
}

const losses: number[] = [];
const learn = async () => void losses.push(await train(1));
const secondsToFirstStep = await timed(learn);
for (let i = 1; i < work.compared; i++) await learn();
const perStep = (await timed(() => train(3))) / 3;
const steps = Math.max(1, Math.round(work.secondsOfRepetition / perStep));
await serve(
  { versions: { node, tensorflow }, steps, secondsToFirstStep, losses },
  async () => void (await train(steps)),
);
