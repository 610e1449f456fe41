import * as tf from '@tensorflow/tfjs-core';
import { type Choice, decide } from './choice.ts';
import { GraphError, UnknownToXla } from './graph-error.ts';
import { loadProgram, type Program } from './program.ts';
import type { Traced } from './trace.ts';

/** The program of a function, and why it is that one: `jit: 'auto'` may change it, once. */
export interface ChosenProgram {
  readonly program: Program;
  readonly choice: Choice;
  /** Decides by measuring on these inputs, where that is still open. */
  measure(inputs: readonly tf.Tensor[]): void;
  /** Runs the program on inputs in its order; what XLA refuses when it compiles is found then. */
  run(inputs: readonly tf.Tensor[]): tf.Tensor[];
  dispose(): void;
}

/** One way, as asked. */
export function givenProgram(traceFor: (jit: boolean) => Traced, jit: boolean): ChosenProgram {
  const program = loadProgram(traceFor(jit), jit);
  return {
    ...{ program, choice: { jit, because: 'asked' }, dispose: program.dispose },
    run: (inputs) => program.run(inputs),
    measure() {},
  };
}

/**
 * XLA where it can compile the function and is not slower. Both programs are traced now, while what the function
 * uses is as it is.
 * @param name of the function, for warnings
 */
export function fasterProgram(name: string, traceFor: (jit: boolean) => Traced): ChosenProgram {
  let choice: Choice = { jit: true, because: 'open' };
  const warn = (why: string) =>
    process.emitWarning(`${name} runs without XLA. ${why}`, { type: 'GraphWarning' });
  const leaveXla = (reason: unknown): false => {
    if (!(reason instanceof UnknownToXla)) throw reason;
    choice = { jit: false, because: 'unknown to XLA' };
    warn(reason.message);
    return false;
  };
  const compiled = attempt(() => traceFor(true), leaveXla);
  const plain = traceFor(false);
  const loadPlain = () => loadProgram(plain, false);
  let program = (compiled && attempt(() => loadProgram(compiled, true), leaveXla)) || loadPlain();
  const replaceBy = (other: Program) => {
    program.dispose();
    program = other;
  };
  /** What the program gives; if XLA refuses it now that it compiles, what the other one gives. */
  const run = (inputs: readonly tf.Tensor[]): tf.Tensor[] => {
    if (choice.because !== 'open') return program.run(inputs);
    const results = attempt(() => program.run(inputs), leaveXla);
    if (results) return results;
    replaceBy(loadPlain());
    return program.run(inputs);
  };

  return {
    get program() {
      return program;
    },
    get choice() {
      return choice;
    },
    run,
    measure(inputs) {
      if (choice.because !== 'open') return;
      tf.dispose(run(inputs)); // XLA compiles now, or refuses.
      if (choice.because !== 'open') return;
      const other = loadPlain();
      try {
        choice = compared(program, other, inputs);
      } finally {
        if (choice.jit) other.dispose();
      }
      if (choice.jit) return;
      replaceBy(other);
      const { xla, without } = choice.milliseconds!;
      warn(
        `A call took ${shown(xla)} with it and ${shown(without)} without; jit: true or false leaves nothing to measure.`,
      );
    },
    dispose: () => program.dispose(),
  };
}

function attempt<T>(fn: () => T, otherwise: (reason: unknown) => false): T | false {
  try {
    return fn();
  } catch (reason) {
    return otherwise(reason);
  }
}

const shown = (milliseconds: number): string => `${milliseconds.toPrecision(3)} ms`;

/** Calls both in turn, so that whatever slows the machine for a while slows both. */
function compared(compiled: Program, plain: Program, inputs: readonly tf.Tensor[]): Choice {
  const timed = (program: Program): number => {
    const start = performance.now();
    tf.dispose(program.run(inputs));
    return performance.now() - start;
  };
  const [xla, without]: [number[], number[]] = [[], []];
  try {
    timed(plain); // The first call prepares; XLA has had its own.
  } catch (reason) {
    if (!(reason instanceof GraphError)) throw reason;
    return { jit: true, because: 'fails without XLA' };
  }
  for (;;) {
    xla.push(timed(compiled));
    without.push(timed(plain));
    const jit = decide({ xla, without });
    if (jit === undefined) continue;
    const milliseconds = { xla: Math.min(...xla), without: Math.min(...without) };
    return { jit, because: 'measured', milliseconds };
  }
}
