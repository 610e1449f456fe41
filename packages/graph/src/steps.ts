import * as tf from '@tensorflow/tfjs-core';
import { currentRecorder } from './current.ts';
import {
  differentiable,
  isDifferentiating,
  pullback,
  type Trial,
  tryOut,
} from './differentiation.ts';
import { gather, type Int, intAdd, intSub } from './integer.ts';
import { traceWhile } from './while.ts';

/** What a step gives: the next state, and what is collected of it. */
export interface Stepped {
  state: tf.Tensor[];
  collect: tf.Tensor[];
}

/** Steps over rows of tensors: as `Scan`, without trees. */
export interface Steps {
  count: number;
  from: Int;
  state: readonly tf.Tensor[];
  over: readonly tf.Tensor[];
  step: (state: tf.Tensor[], rows: tf.Tensor[], i: tf.Tensor) => Stepped;
}

export interface Ran {
  last: tf.Tensor[];
  collected: tf.Tensor[];
}

/** As a loop of the program, with gradients where they are asked for. */
export function traceSteps(steps: Steps): Ran {
  const { state, over, step, from } = steps;
  const rowOf = (tensor: tf.Tensor) => tf.slice(tensor, 0, 1);
  const trial = tryOut(
    (...inputs) => {
      const now = inputs.slice(0, state.length);
      const rows = inputs.slice(state.length).map((row) => tf.reshape(row, row.shape.slice(1)));
      return step(now, rows, intAdd(from, 0)).collect;
    },
    [...state, ...over.map(rowOf)],
  );
  return isDifferentiating() ? withGradient(steps, trial) : plainLoop(steps, trial.results);
}

function plainLoop({ count, from, state, over, step }: Steps, collects: Trial['results']): Ran {
  const stacks = collects.map(({ shape, dtype }): tf.Tensor => tf.zeros([count, ...shape], dtype));
  const after = traceWhile<Record<'now' | 'stacks', tf.Tensor[]>>(currentRecorder()!, {
    from: 0,
    steps: count,
    state: { now: [...state], stacks },
    step: (at, i) => {
      const rows = over.map((tensor) => gather(tensor, i));
      const next = step(at.now, rows, intAdd(i, from));
      const written = at.stacks.map((stack, k) => withRow(stack, i, next.collect[k]!));
      return { now: next.state, stacks: written };
    },
  });
  return { last: after.now, collected: after.stacks };
}

/** The stack with one row replaced. */
const withRow = (stack: tf.Tensor, i: tf.Tensor, row: tf.Tensor): tf.Tensor =>
  tf.tensorScatterUpdate(stack, tf.reshape(i, [1, 1]), tf.expandDims(row, 0));

const isReal = ({ dtype }: { dtype: tf.DataType }): boolean => dtype === 'float32';

/** Forward every state is kept; backward a loop from the last step to the first takes each step's gradient. */
function withGradient({ count, from, state, over, step }: Steps, { results, uses }: Trial): Ran {
  const inputs = [...state, ...over, ...uses];
  const stateSpecs = state.map(({ shape, dtype }) => ({ shape, dtype }));
  const found = differentiable({
    inputs,
    forward: () => {
      const keeping: Steps['step'] = (now, rows, i) => {
        const next = step(now, rows, i);
        return { state: next.state, collect: [...next.collect, ...now] };
      };
      const { last, collected } = plainLoop({ count, from, state, over, step: keeping }, [
        ...results,
        ...stateSpecs,
      ]);
      const outputs = [...last, ...collected.slice(0, results.length)];
      return { results: outputs, saved: [...collected.slice(results.length), ...over] };
    },
    backward: (dys, saved) => {
      const [states, rows] = [saved.slice(0, state.length), saved.slice(state.length)];
      const dLast = dys.slice(0, state.length);
      const dCollected = dys.slice(state.length);
      const back = plainLoop(
        {
          count,
          from: 0,
          state: [...dLast, ...uses.map((tensor) => tf.zerosLike(tensor))],
          over: [],
          step: (gradients, _, k) => {
            const i = intSub(count - 1, k);
            const now = states.map((tensor) => gather(tensor, i));
            const row = rows.map((tensor) => gather(tensor, i));
            const xs = [...now, ...row, ...uses].filter(isReal);
            const dNext = gradients.slice(0, state.length);
            const dCollect = dCollected.map((tensor) =>
              isReal(tensor) ? gather(tensor, i) : tensor,
            );
            const taken = pullback(
              () => {
                const next = step(now, row, intAdd(i, from));
                return [...next.state, ...next.collect];
              },
              xs,
              [...dNext, ...dCollect],
            );
            const gradientOf = new Map(xs.map((x, j) => [x, taken[j]!]));
            return {
              // What is not float32 has no gradient, and goes around as it is.
              state: [
                ...now.map((tensor, s) => gradientOf.get(tensor) ?? gradients[s]!),
                ...uses.map((tensor, u) =>
                  tf.add(gradients[state.length + u]!, gradientOf.get(tensor)!),
                ),
              ],
              collect: row.map((tensor) => gradientOf.get(tensor) ?? tf.zerosLike(tensor)),
            };
          },
        },
        over.map(({ shape, dtype }) => ({ shape: shape.slice(1), dtype })),
      );
      return [
        ...back.last.slice(0, state.length),
        ...back.collected.map((tensor) => tf.reverse(tensor, 0)),
        ...back.last.slice(state.length),
      ];
    },
  });
  return { last: found.slice(0, state.length), collected: found.slice(state.length) };
}
