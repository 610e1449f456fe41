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
  const backend = nodeBackend();
  const session = withTemporaryDirectory((directory) => {
    writeSavedModel(directory, traced, { jit, signature: 'call' });
    return explained(jit, () => backend.binding.loadSavedModel(directory, 'serve'));
  });
  const argumentCount = traced.inputs.length + traced.variables.length;
  const inputNames = Array.from({ length: argumentCount }, (_, i) => `${inputNode(i)}:0`).join(',');
  const outputNames = traced.outputs.map((_, i) => `${outputNode}:${i}`).join(',');
  return {
    traced,
    jit,
    run(inputs) {
      const ids = backend.getInputTensorIds([...inputs, ...checkedVariables(traced)]);
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
