/** Measures ops in a process of its own: a group of cases, eagerly and inside a compiled loop. */
import { compileLoop, materialize } from '@atelier/graph';
import { loadTensorFlow } from '@atelier/tensorflow';
import {
  add,
  dispose,
  mul,
  reshape,
  scalar,
  slice,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import { groups, type OpCase } from './convolution-cases.ts';
import { interleave } from './interleave.ts';

/** What the child process prints. */
export interface OpTimes {
  name: string;
  /** Milliseconds a call. */
  eager: number[];
  compiled: number[];
}

type State = { moved: Tensor; sum: Tensor };

const calls = 10;

const [threads, group, count] = process.argv.slice(2).map(Number);
loadTensorFlow({ threads: threads! });

/** Every call's result is computed in full, and needed by the next one: none can be left out. */
const stepOf =
  ({ run }: OpCase) =>
  ({ moved, sum }: State, fixed: Record<string, Tensor>): State => {
    const result = materialize(run(moved, fixed));
    const first = reshape(
      slice(result, Array(result.rank).fill(0), Array(result.rank).fill(1)),
      [],
    );
    return { moved: add(moved, mul(first, 1e-30)), sum: add(sum, first) };
  };

async function timed(work: () => State): Promise<number> {
  const begin = performance.now();
  const state = work();
  await state.sum.data();
  const milliseconds = (performance.now() - begin) / calls;
  dispose(state);
  return milliseconds;
}

async function measure(one: OpCase): Promise<OpTimes> {
  const step = stepOf(one);
  const { fixed: constants } = one;
  const initial: State = { moved: one.moved, sum: scalar(0) };
  const loop = compileLoop({ step, state: initial, constants });
  const eagerly = (): State =>
    tidy(() => {
      let state = initial;
      for (let i = 0; i < calls; i++) state = step(state, constants);
      return state;
    });
  const compiled = (): State => loop.run({ state: initial, constants, steps: calls });
  const contenders = [eagerly, compiled].map((work) => ({ repetition: () => timed(work) }));
  const [eager, fast] = await interleave(contenders, { count: count! });
  loop.dispose();
  return { name: one.name, eager: eager!, compiled: fast! };
}

const results: OpTimes[] = [];
for (const one of groups[group!]!()) results.push(await measure(one));
process.stdout.write(`${JSON.stringify(results)}\n`);
