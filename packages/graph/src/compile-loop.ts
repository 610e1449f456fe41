import * as tf from '@tensorflow/tfjs-core';
import { compileMeasuring, type Jit } from './compile.ts';
import { checkEnd, forLoop } from './for-loop.ts';
import { GraphError } from './graph-error.ts';
import type { Inspection } from './inspection.ts';
import type { Forms } from './lowering.ts';
import type { Precision } from './precision.ts';
import type { Specs } from './tree.ts';

export interface LoopOptions<S, C> {
  /** Gives the next state, of the same names, shapes and types. `i` is the step's number, an int32 scalar. */
  step: (state: S, constants: C, i: tf.Scalar) => S;
  /** Example tensors of the state, or their shapes and types. */
  state: S | Specs<S>;
  /** Likewise for what every step reads and none changes, such as the dataset. */
  constants: C | Specs<C>;
  /** As in `compile`. */
  jit?: Jit;
  /** As in `compile`. */
  forms?: Partial<Forms> | undefined;
  precision?: Precision;
}

export interface CompiledLoop<S, C> {
  /**
   * Makes `steps` steps, numbered from `from` on, in one call. Many calls of few steps give the same bits as
   * one call of many. The new state is the caller's to dispose; the old one stays as it is.
   * @throws GraphError as `compile`'s call does, and for steps that are not numbered by int32 from 0 on
   */
  run(call: { state: S; constants: C; from?: number; steps: number }): S;
  /** Lets XLA compile now what it would compile at the first run. Returns the loop itself. */
  warmUp(): CompiledLoop<S, C>;
  /** Whether XLA compiles it, which `jit: 'auto'` leaves open until the first run. */
  readonly jit: boolean;
  /** What the program consists of, as text and as a picture, and why it is compiled by XLA or not. */
  inspect(): Inspection;
  /** Releases the program; runs afterwards throw. */
  dispose(): void;
}

/** How many steps of a loop `jit: 'auto'` measures on. */
const measuredSteps = 10;

/** Compiles a loop of steps into one program: `state` goes around, `constants` stay where they are. */
export function compileLoop<S, C>({
  step,
  state,
  constants,
  jit = true,
  forms,
  precision = 'float32',
}: LoopOptions<S, C>): CompiledLoop<S, C> {
  type Inputs = { state: S; constants: C; from: tf.Tensor; steps: tf.Tensor };
  const scalar = { shape: [], dtype: 'int32' } as const;
  const program = compileMeasuring(
    (inputs: Inputs) =>
      forLoop({
        from: inputs.from,
        steps: inputs.steps,
        state: inputs.state,
        step: (now: S, i) => step(now, inputs.constants, i),
      }),
    {
      inputs: { state, constants, from: scalar, steps: scalar } as unknown as Inputs,
      jit,
      forms,
      precision,
    },
    {
      name: step.name === 'step' ? 'A loop' : step.name,
      // A few of a run's steps tell as much as all of them.
      measure: (inputs, on) => {
        const steps = tf.scalar(Math.min(inputs.steps.dataSync()[0]!, measuredSteps), 'int32');
        if (steps.dataSync()[0]! > 0) on({ ...inputs, steps });
        steps.dispose();
      },
    },
  );
  return {
    run({ state: now, constants: fixed, from = 0, steps }) {
      checkCount('from', from);
      checkCount('steps', steps);
      checkEnd(from, steps);
      const counters = { from: tf.scalar(from, 'int32'), steps: tf.scalar(steps, 'int32') };
      try {
        return program.call({ state: now, constants: fixed, ...counters });
      } finally {
        tf.dispose(counters);
      }
    },
    warmUp() {
      // On zeros, so that it makes no step.
      program.warmUp();
      return this;
    },
    get jit() {
      return program.jit;
    },
    inspect: program.inspect,
    dispose: program.dispose,
  };
}

function checkCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 31) return;
  throw new GraphError(`${name} is ${value}; expected an integer from 0 to 2147483647.`);
}
