import * as tf from '@tensorflow/tfjs-core';
import { currentRecorder } from './current.ts';
import { isDifferentiating } from './differentiation.ts';
import { GraphError } from './graph-error.ts';
import { type Int, toInt } from './integer.ts';
import type { Recorder } from './recorder.ts';
import { traceSteps } from './steps.ts';
import { flatten, unflatten } from './tree.ts';
import { traceWhile } from './while.ts';

export interface ForLoop<S> {
  /** The first step's number; 0 by default. */
  from?: Int;
  /** How many steps to make. A tensor makes it an input of the compiled program. */
  steps: Int;
  state: S;
  /** Gives the next state, of the same names, shapes and types. `i` is the step's number, an int32 scalar. */
  step: (state: S, i: tf.Scalar) => S;
}

/**
 * Repeats a step. While tracing, the step is traced once and the loop becomes part of the program, all
 * other tensors that it uses included; otherwise it runs step by step. Gradients flow through it, to the state
 * and to all else that the step uses; a program then keeps every step's state, and `steps` is a number.
 * @throws GraphError for a step that changes the form of its state, and for `from` and `steps` that are no
 * integers or together exceed int32
 */
export function forLoop<S>({ from = 0, steps, state, step }: ForLoop<S>): S {
  if (typeof from === 'number' && typeof steps === 'number') checkEnd(from, steps);
  const recorder = currentRecorder();
  if (recorder === undefined) return runLoop({ from, steps, state, step });
  return tidied(() =>
    isDifferentiating()
      ? traceWithGradient(recorder, { from, steps, state, step })
      : traceWhile(recorder, { from, steps, state, step }),
  );
}

function traceWithGradient<S>(
  recorder: Recorder,
  { from, steps, state, step }: Required<ForLoop<S>>,
): S {
  if (typeof steps !== 'number') {
    throw new GraphError(
      'forLoop is differentiated, and its number of steps is a tensor: a gradient keeps the state of every step, for which the program needs to know how many there are.',
      'give the number of steps as a number, or take the gradient inside the step',
    );
  }
  if (steps < 1) return copy(state, 'state');
  if (typeof from !== 'number') recorder.keepForTrace(from);
  const { leaves, structure } = flatten<tf.Tensor>(state, 'state');
  const { last } = traceSteps({
    count: steps,
    from,
    state: leaves.map(({ value }) => value),
    over: [],
    step: (now, _, i) => {
      const next = step(unflatten(structure, now) as S, i as tf.Scalar);
      const after = flatten<tf.Tensor>(next, 'the new state').leaves;
      return { state: after.map(({ value }) => value), collect: [] };
    },
  });
  return unflatten(structure, last) as S;
}

/** The loop ends by comparing with the number after the last step's, which must be an int32, too. */
export function checkEnd(from: number, steps: number): void {
  if (!(from + steps >= 2 ** 31)) return;
  throw new GraphError(`from + steps is ${from + steps}; expected at most 2147483647.`);
}

const toNumber = (value: Int): number =>
  tf.tidy(() => toInt(value, 'forLoop').dataSync()[0] as number);

function runLoop<S>({ from, steps, state, step }: Required<ForLoop<S>>): S {
  const first = toNumber(from);
  const end = first + toNumber(steps);
  let now = copy(state, 'state');
  try {
    for (let i = first; i < end; i++) {
      const next = tidied(() => copy(step(now, tf.scalar(i, 'int32')), 'the new state'));
      disposeAll(now);
      now = next;
    }
  } catch (error) {
    disposeAll(now);
    throw error;
  }
  return now;
}

const tidied = <S>(fn: () => S): S => tf.tidy(() => fn() as tf.TensorContainer) as S;

const disposeAll = (state: unknown): void => tf.dispose(state as tf.TensorContainer);

/**
 * Clones every tensor: a step may pass on what it was given or what lies outside, and each state is
 * disposed of after the next step.
 */
function copy<S>(state: S, what: string): S {
  const { leaves, structure } = flatten<tf.Tensor>(state, what);
  return unflatten(
    structure,
    leaves.map(({ value }) => tf.clone(value)),
  ) as S;
}
