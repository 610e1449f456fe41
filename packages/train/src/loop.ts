import { type CompiledLoop, compileLoop, forLoop } from '@atelier/graph';
import type { Tensor } from '@tensorflow/tfjs-core';

export type Tensors = Record<string, Tensor | Tensor[]>;

/** One step of a loop: a pure tfjs function of state, inputs and the step's index. */
export type Step<S extends Tensors, I extends Tensors> = (state: S, inputs: I, index: Tensor) => S;

/** Many steps of one function in one call. */
export interface Loop<S extends Tensors, I extends Tensors> {
  /**
   * Runs the steps `from` … `from + count - 1`. The given state is left to the caller.
   * @returns the state after them
   */
  run(state: S, inputs: I, from: number, count: number): Promise<S>;
  dispose(): void;
}

/** Runs every operation of every step by itself. */
export function eagerLoop<S extends Tensors, I extends Tensors>(step: Step<S, I>): Loop<S, I> {
  return {
    run: async (state, inputs, from, count) =>
      forLoop({ from, steps: count, state, step: (now, index) => step(now, inputs, index) }),
    dispose() {},
  };
}

/** Compiles the loop to one XLA program when it first runs, for the shapes it is then given. */
export function compiledLoop<S extends Tensors, I extends Tensors>(step: Step<S, I>): Loop<S, I> {
  let compiled: CompiledLoop<S, I> | undefined;
  return {
    async run(state, inputs, from, count) {
      compiled ??= compileLoop({ step, state, constants: inputs });
      return compiled.run({ state, constants: inputs, from, steps: count });
    },
    dispose() {
      compiled?.dispose();
    },
  };
}
