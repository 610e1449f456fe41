import type * as tf from '@tensorflow/tfjs-core';
import { nodeBackend } from './backend.ts';
import { checkAlive } from './dtype.ts';
import { GraphError, UnknownToXla } from './graph-error.ts';
import { inputNode, outputNode, writeSavedModel } from './saved-model.ts';
import { withTemporaryDirectory } from './temporary-directory.ts';
import type { Traced } from './trace.ts';
import { describeVariable } from './variable.ts';

/** A traced function that TensorFlow has loaded. */
export interface Program {
  readonly traced: Traced;
  readonly jit: boolean;
  /** Runs it on inputs in the program's order, which have been checked. */
  run(inputs: readonly tf.Tensor[]): tf.Tensor[];
  dispose(): void;
}

/** Brings a traced function to TensorFlow, by a folder that is gone afterwards. */
export function loadProgram(traced: Traced, jit: boolean): Program {
  const { inputs, variables, outputs } = traced;
  const counts = { inputs: inputs.length + variables.length, outputs: outputs.length };
  const load = (isOptimized: boolean) =>
    withTemporaryDirectory((directory) => {
      writeSavedModel(directory, traced, { jit, signature: 'call', isOptimized });
      return openProgram(directory, counts, jit);
    });
  let program = load(true);
  let isOptimized = true;
  const run = (given: readonly tf.Tensor[]): tf.Tensor[] => {
    const all = [...given, ...checkedVariables(traced)];
    try {
      return program.run(all);
    } catch (reason) {
      if (!isOptimized || !madeUnknownToXla(reason)) throw reason;
      isOptimized = false;
      program.dispose();
      program = load(false);
      return program.run(all);
    }
  };
  return { traced, jit, run, dispose: () => program.dispose() };
}

/**
 * Whether TensorFlow's optimizer of graphs put in what XLA lacks: where the memory of a chain of sums seems large,
 * it adds up in a variable (memory_optimizer.cc), although XLA needs no memory for it.
 */
const madeUnknownToXla = (reason: unknown): boolean =>
  reason instanceof UnknownToXla && reason.message.includes('TemporaryVariable');

/** Opens a folder that `writeSavedModel` has written, which may be gone afterwards. */
export function openProgram(
  directory: string,
  { inputs, outputs }: { inputs: number; outputs: number },
  jit: boolean,
): Pick<Program, 'run' | 'dispose'> {
  const backend = nodeBackend();
  const session = explained(jit, () => backend.binding.loadSavedModel(directory, 'serve'));
  const inputNames = Array.from({ length: inputs }, (_, i) => `${inputNode(i)}:0`).join(',');
  const outputNames = Array.from({ length: outputs }, (_, i) => `${outputNode}:${i}`).join(',');
  return {
    run(given) {
      const ids = backend.getInputTensorIds([...given]);
      const results = explained(jit, () =>
        backend.binding.runSavedModel(session, ids, inputNames, outputNames),
      );
      return results.map((metadata) => backend.createOutputTensor(metadata));
    },
    dispose: () => backend.binding.deleteSavedModel(session),
  };
}

/** What TensorFlow says where XLA, not the values, is in the way. */
const ofXla = /unsupported operations|uncompilable|compile-time constant|XLA_[CG]PU_JIT|tf2xla/i;

/** XLA compiles at the first call: what it cannot compile comes to light there. */
function explained<T>(jit: boolean, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    const what = `TensorFlow cannot run the program: ${(cause as Error).message}`;
    if (jit && ofXla.test(what)) throw new UnknownToXla(what, { cause });
    throw new GraphError(what, undefined, { cause });
  }
}

/** The variables that the program reads, as they are now. */
function checkedVariables({ variables }: Traced): tf.Variable[] {
  return variables.map(({ tensor }) => {
    checkAlive(tensor, describeVariable(tensor));
    return tensor;
  });
}
