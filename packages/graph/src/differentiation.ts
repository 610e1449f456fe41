import * as tf from '@tensorflow/tfjs-core';
import { currentRecorder } from './current.ts';
import { example } from './fresh.ts';
import { Recorder } from './recorder.ts';
import { recordWith } from './tracing.ts';

/** Whether tfjs writes down ops for a gradient; inside tf.customGrad, whose gradient is given, it does not. */
export function isDifferentiating(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}

/** Runs `fn` as if nothing were differentiated around it, so that it may take gradients of its own. */
function offTape<T>(fn: () => T): T {
  const { state } = tf.engine();
  const { activeTape, gradientDepth, kernelDepth } = state;
  Object.assign(state, { gradientDepth: 0, kernelDepth: 0 });
  try {
    return fn();
  } finally {
    Object.assign(state, { activeTape, gradientDepth, kernelDepth });
  }
}

/**
 * The gradients of float32 results of `fn`, weighted by `dys`, with respect to `xs`, which are float32; zeros
 * where a result does not depend on them.
 * @param fn gives its results; those that are not float32 are left out, with their place in `dys`
 */
export function pullback(
  fn: () => tf.Tensor[],
  xs: readonly tf.Tensor[],
  dys: readonly tf.Tensor[],
): tf.Tensor[] {
  return offTape(() => {
    const weighted = () =>
      fn().reduce<tf.Tensor>(
        (sum, y, i) => (y.dtype === 'float32' ? tf.add(sum, tf.sum(tf.mul(y, dys[i]!))) : sum),
        tf.scalar(0),
      );
    const { grads } = tf.engine().gradients(weighted, [...xs], undefined, true);
    return xs.map((x, i) => grads[i] ?? tf.zerosLike(x));
  });
}

/** Each tensor once. */
export const distinct = (tensors: readonly tf.Tensor[]): tf.Tensor[] => [
  ...new Map(tensors.map((tensor) => [tensor.id, tensor])).values(),
];

/** What a function is found to give and to use when it is tried on examples. */
export interface Trial {
  /** Its results: gone, but for their shapes and types. */
  results: { shape: number[]; dtype: tf.DataType }[];
  /** The float32 tensors of the surroundings that it computes with. */
  uses: tf.Tensor[];
}

/**
 * Runs a function that is about to be traced, once on examples and with no trace of it left, in order to find
 * what it takes from outside. A gradient runs it again when what it took is gone: that is kept for the trace.
 */
export function tryOut(
  fn: (...inputs: tf.Tensor[]) => tf.Tensor[],
  inputs: readonly tf.Tensor[],
): Trial {
  const outer = currentRecorder()!;
  const { state } = tf.engine();
  const isOutside = ({ id }: tf.Tensor) => id < first;
  const before = state.activeTape?.length ?? 0;
  // tfjs numbers tensors as they are made.
  const first = tf.tidy(() => tf.scalar(0).id);
  let results: Trial['results'] = [];
  tf.tidy(() => {
    const examples = inputs.map((tensor) => example(tensor, 'a value that a step takes'));
    const recorder = new Recorder({ ...outer.options, outer });
    for (const [i, tensor] of examples.entries()) recorder.bind(tensor, `input_${i}`);
    const found = outer.unnoticed(() => recordWith(recorder, () => fn(...examples)));
    results = found.map(({ shape, dtype }) => ({ shape, dtype }));
  });
  const tried = isDifferentiating() ? (state.activeTape?.splice(before) ?? []) : [];
  for (const { saved } of tried) tf.dispose(saved);
  const seen = tried.flatMap((node) => Object.values(node.inputs).filter(isOutside));
  const uses = distinct(seen);
  for (const tensor of uses) outer.keepForTrace(tensor);
  return { results, uses: uses.filter(({ dtype }) => dtype === 'float32') };
}

interface Differentiable {
  inputs: readonly tf.Tensor[];
  /** Computes the results, and what the gradient needs besides. */
  forward: () => { results: tf.Tensor[]; saved: tf.Tensor[] };
  /** The gradients with respect to the inputs. */
  backward: (dys: tf.Tensor[], saved: tf.Tensor[]) => tf.Tensor[];
}

type RunKernelFunc = (parameters: {
  inputs: Record<string, tf.Tensor>;
  forwardFunc: (backend: unknown, save: (tensors: tf.Tensor[]) => void) => tf.Tensor[];
  backwardsFunc: (
    dy: tf.Tensor | tf.Tensor[],
    saved: tf.Tensor[],
  ) => Record<string, () => tf.Tensor>;
}) => tf.Tensor[];

/** As tf.customGrad, for any number of results. */
export function differentiable({ inputs, forward, backward }: Differentiable): tf.Tensor[] {
  const engine = tf.engine() as unknown as { runKernelFunc: RunKernelFunc };
  const found = engine.runKernelFunc({
    inputs: Object.fromEntries(inputs.map((tensor, i) => [i, tensor])),
    forwardFunc: (_, save) => {
      const { results, saved } = offTape(forward);
      save(saved);
      return results;
    },
    backwardsFunc: (dy, saved) => {
      const gradients = backward(Array.isArray(dy) ? dy : [dy], saved);
      return Object.fromEntries(gradients.map((gradient, i) => [i, () => gradient]));
    },
  });
  return Array.isArray(found) ? found : [found];
}
