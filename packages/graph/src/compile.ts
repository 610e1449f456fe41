import * as tf from '@tensorflow/tfjs-core';
import { nodeBackend } from './backend.ts';
import { currentRecorder } from './current.ts';
import { checkAlive } from './dtype.ts';
import { specOf } from './fresh.ts';
import { GraphError } from './graph-error.ts';
import { inputNode, outputNode, writeSavedModel } from './saved-model.ts';
import { withTemporaryDirectory } from './temporary-directory.ts';
import { type Traced, trace } from './trace.ts';
import { flatten, formatSpec, place, type Specs, unflatten } from './tree.ts';
import { describeVariable } from './variable.ts';

/** Constants above these sizes are refused: the program's text carries them, and XLA takes long over it. */
const limits = { maximumConstantBytes: 2 ** 20, maximumConstantsBytes: 2 ** 23 };

export interface CompiledFunction<I, O> {
  /**
   * Runs the program, synchronously. The result is the caller's to dispose. No gradient flows through it:
   * compile the function that takes the gradient, or give one by tf.customGrad.
   * @throws GraphError that names an input of another place, shape or type than compiled for, or an input
   * or variable that has been disposed of
   */
  call(inputs: I): O;
  /** Releases the program; calls afterwards throw. */
  dispose(): void;
}

export interface CompileOptions<I> {
  /** Example tensors, or their shapes and types. The function runs on them once. */
  inputs: I | Specs<I>;
  /** Compiles by XLA into one program (default), or else runs TensorFlow's graph executor. */
  jit?: boolean;
}

/**
 * Traces a tfjs function and makes one TensorFlow program of it. Tensors it uses beside its inputs are
 * frozen at their present values; variables are read at every call. XLA compiles at the first call.
 * @throws GraphError for what cannot be traced, and for a function that gives no tensor
 */
export function compile<I, O>(
  fn: (inputs: I) => O,
  { inputs, jit = true }: CompileOptions<I>,
): CompiledFunction<I, O> {
  const traced = trace(fn, inputs, {
    ...limits,
    embedVariables: false,
    jit,
  });
  const backend = nodeBackend();
  const session = withTemporaryDirectory((directory) => {
    writeSavedModel(directory, traced, { jit, signature: 'call' });
    return explained(jit, () => backend.binding.loadSavedModel(directory, 'serve'));
  });
  const argumentCount = traced.inputs.length + traced.variables.length;
  const inputNames = Array.from({ length: argumentCount }, (_, i) => `${inputNode(i)}:0`).join(',');
  const outputNames = traced.outputs.map((_, i) => `${outputNode}:${i}`).join(',');
  let disposed = false;

  return {
    call(tree) {
      if (disposed) throw new GraphError('A compiled function is called after dispose().');
      if (currentRecorder() !== undefined) {
        throw new GraphError(
          'A compiled function is called while tracing: its result would be frozen into the program.',
          'use the plain function there',
        );
      }
      if (isDifferentiating()) {
        throw new GraphError(
          'A compiled function is called inside a function that is differentiated, and no gradient flows through it.',
          'compile the function that takes the gradient',
        );
      }
      const tensors = [...checkedInputs(traced, tree), ...checkedVariables(traced)];
      const ids = backend.getInputTensorIds(tensors);
      const results = explained(jit, () =>
        backend.binding.runSavedModel(session, ids, inputNames, outputNames),
      );
      const outputs = results.map((metadata) => backend.createOutputTensor(metadata));
      return unflatten(traced.outputStructure, outputs) as O;
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      backend.binding.deleteSavedModel(session);
    },
  };
}

/** Whether tfjs writes down ops for a gradient; inside tf.customGrad, whose gradient is given, it does not. */
function isDifferentiating(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}

/** XLA compiles at the first call: what it cannot compile comes to light there. */
function explained<T>(jit: boolean, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    const { message } = cause as Error;
    const unknownToXla = jit && message.includes('unsupported operations');
    throw new GraphError(
      `TensorFlow cannot run the program: ${message}`,
      unknownToXla
        ? 'XLA does not know the operation: leave it out or compile with jit: false'
        : undefined,
      { cause },
    );
  }
}

/** The variables that the program reads, as they are now. */
function checkedVariables({ variables }: Traced): tf.Variable[] {
  return variables.map(({ tensor }) => {
    checkAlive(tensor, describeVariable(tensor));
    return tensor;
  });
}

/** The inputs' tensors in the program's order, each of the shape and type it was compiled for. */
function checkedInputs({ inputs, inputStructure }: Traced, tree: unknown): tf.Tensor[] {
  const given = new Map(flatten<tf.Tensor>(tree, 'input').leaves.map((it) => [it.path, it.value]));
  const tensors = inputs.map(({ path, value: spec }) => {
    const where = place('input', path);
    const tensor = given.get(path);
    given.delete(path);
    if (tensor === undefined) {
      throw new GraphError(`${where} is missing: expected ${formatSpec(spec)}.`);
    }
    if (!(tensor instanceof tf.Tensor))
      throw new GraphError(`${where} is a specification, not a tensor.`);
    const found = formatSpec(specOf(tensor, where));
    if (found === formatSpec(spec)) return tensor;
    throw new GraphError(
      `${where} is ${found}, but the function was compiled for ${formatSpec(spec)}.`,
      'compile it again for other shapes',
    );
  });
  const [unknown] = given.keys();
  if (unknown === undefined) return tensors;
  throw new GraphError(
    `${place('input', unknown)} was not there when the function was compiled: ${JSON.stringify(Object.keys(inputStructure))}.`,
  );
}
