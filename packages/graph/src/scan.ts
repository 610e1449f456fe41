import * as tf from '@tensorflow/tfjs-core';
import { currentRecorder } from './current.ts';
import { GraphError } from './graph-error.ts';
import { type Ran, type Stepped, type Steps, traceSteps } from './steps.ts';
import { flatten, place, type Structure, unflatten } from './tree.ts';

export interface Scan<S, X, Y> {
  state: S;
  /** What the steps go over: a tree of tensors whose first sizes are equal, the number of steps. */
  over: X;
  /** Gives the next state, of the same form, and what is to be collected. `i` counts from 0, an int32 scalar. */
  step: (state: S, x: X, i: tf.Scalar) => { state: S; collect: Y };
}

/**
 * Steps over the rows of tensors, as an RNN does over time, and collects what every step gives: [n, …]. While
 * tracing, the step becomes a loop of the program. Gradients flow through it, eagerly and compiled, to the
 * state, the rows and all else that the step uses; a program keeps every step's state for them.
 * @returns the last state, and what was collected
 * @throws GraphError for rows of several numbers, and for a step that changes the form of its state
 */
export function scan<S, X, Y>({ state, over, step }: Scan<S, X, Y>): { state: S; collected: Y } {
  return tf.tidy(() => {
    const rows = flatten<tf.Tensor>(over, 'over');
    const count = rowCount(rows.leaves);
    const start = flatten<tf.Tensor>(state, 'state');
    let form: Structure = [];
    const stepped = (now: tf.Tensor[], x: tf.Tensor[], i: tf.Tensor): Stepped => {
      const next = step(
        unflatten(start.structure, now) as S,
        unflatten(rows.structure, x) as X,
        i as tf.Scalar,
      );
      const collect = flatten<tf.Tensor>(next.collect, 'collect');
      form = collect.structure;
      const after = flatten<tf.Tensor>(next.state, 'the new state').leaves;
      return {
        state: after.map(({ value }) => value),
        collect: collect.leaves.map(({ value }) => value),
      };
    };
    const run = currentRecorder() === undefined ? runSteps : traceSteps;
    const { last, collected } = run({
      count,
      from: 0,
      state: start.leaves.map(({ value }) => value),
      over: rows.leaves.map(({ value }) => value),
      step: stepped,
    });
    return {
      state: unflatten(start.structure, last),
      collected: unflatten(form, collected),
    } as never;
  }) as { state: S; collected: Y };
}

function rowCount(leaves: readonly { path: string; value: tf.Tensor }[]): number {
  const [first, ...others] = leaves;
  const count = first?.value.shape[0];
  if (first === undefined || count === undefined || count === 0) {
    throw new GraphError(
      `scan goes over ${first === undefined ? 'no tensor' : `a tensor of the shape [${first.value.shape}]`}, which has no rows.`,
      'pass tensors [n, …] with n of at least 1, or use forLoop',
    );
  }
  for (const { path, value } of others) {
    if (value.shape[0] === count) continue;
    throw new GraphError(
      `${place('over', path)} has the shape [${value.shape}], but ${place('over', first.path)} has ${count} rows.`,
      'pass tensors of equal first sizes',
    );
  }
  return count;
}

function runSteps({ count, state, over, step }: Steps): Ran {
  let now = [...state];
  const collected: tf.Tensor[][] = [];
  const rows = over.map((tensor) => tf.unstack(tensor));
  for (let i = 0; i < count; i++) {
    const next = step(
      now,
      rows.map((of) => of[i]!),
      tf.scalar(i, 'int32'),
    );
    now = next.state;
    collected.push(next.collect);
  }
  const stacked = collected[0]!.map((_, k) => tf.stack(collected.map((of) => of[k]!)));
  return { last: now, collected: stacked };
}
