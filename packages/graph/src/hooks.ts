import * as tf from '@tensorflow/tfjs-core';
import { nodeBackend, type OpAttribute } from './backend.ts';
import { currentRecorder, unrecorded } from './current.ts';
import { fresh } from './fresh.ts';
import { GraphError } from './graph-error.ts';
import { lowered } from './lowering.ts';

/** Replaces an object's method; returns what puts the old one back. */
export function replace<T extends object, K extends keyof T>(
  target: T,
  name: K,
  method: T[K],
): () => void {
  const own = Object.getOwnPropertyDescriptor(target, name);
  target[name] = method;
  return () => {
    if (own === undefined) delete target[name];
    else Object.defineProperty(target, name, own);
  };
}

/** Records every op that a kernel makes. */
export function hookExecution(): () => void {
  const backend = nodeBackend();
  const { executeSingleOutput: single, executeMultipleOutputs: multiple } = backend;

  const traced = (
    op: string,
    attributes: OpAttribute[],
    inputs: tf.Tensor[],
    run: (inputs: tf.Tensor[]) => tf.Tensor[],
  ): tf.Tensor[] => currentRecorder()?.record(op, attributes, inputs, run) ?? run(inputs);

  const undo = [
    replace(backend, 'executeSingleOutput', (op, attributes, inputs) => {
      const better = lowered(op, attributes, inputs);
      if (better !== undefined) return better;
      const run = (examples: tf.Tensor[]) => [single.call(backend, op, attributes, examples)];
      return traced(op, attributes, inputs, run)[0] as tf.Tensor;
    }),
    replace(backend, 'executeMultipleOutputs', (op, attributes, inputs, outputs) =>
      traced(op, attributes, inputs, (examples) =>
        multiple.call(backend, op, attributes, examples, outputs),
      ),
    ),
  ];
  return () => {
    for (const it of undo) it();
  };
}

/** tfjs-node's kernel disposes of an int32 argument, which is the caller's. */
export function hookExp(): () => void {
  const exp = tf.getKernel('Exp', tf.getBackend());
  const run = exp.kernelFunc;
  return replace(exp, 'kernelFunc', (parameters) => {
    const x = parameters.inputs.x as tf.Tensor;
    return run({ ...parameters, inputs: { x: x.dtype === 'int32' ? tf.clone(x) : x } });
  });
}

/** A variable that is made while tracing is read at every call, as those made before. */
export function hookVariables(): () => void {
  const engine = tf.engine();
  const make = engine.makeVariable;
  return replace(engine, 'makeVariable', (initial, trainable, name, dtype) => {
    const recorder = currentRecorder();
    if (recorder === undefined) return make.call(engine, initial, trainable, name, dtype);
    if (recorder.varies(initial)) {
      throw new GraphError(
        `The variable${name === undefined ? '' : ` "${name}"`} is made while tracing, of a value that changes from call to call: it would start from what the examples give.`,
        'make it before compiling; where it only names a value, use the tensor itself',
      );
    }
    return unrecorded(() => {
      // A dataId of its own: the trace knows that of the initial value as a constant.
      const own = fresh(initial, 'The initial value of a variable');
      const variable = make.call(engine, own, trainable, name, dtype);
      own.dispose();
      recorder.options.variables?.set(variable.dataId, variable);
      return variable;
    });
  });
}
