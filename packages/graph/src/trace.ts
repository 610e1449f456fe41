import * as tf from '@tensorflow/tfjs-core';
import { currentRecorder } from './current.ts';
import { checkAlive } from './dtype.ts';
import { example, specOf } from './fresh.ts';
import type { FunctionDef } from './graph-def.ts';
import { GraphError } from './graph-error.ts';
import type { Forms } from './lowering.ts';
import type { Precision } from './precision.ts';
import { type Capture, Recorder, type RecorderOptions } from './recorder.ts';
import { recordWith } from './tracing.ts';
import { flatten, type Leaf, place, type Structure, type TensorSpec, unflatten } from './tree.ts';
import { describeVariable, separateVariables } from './variable.ts';

/** A function written down as TensorFlow ops. */
export interface Traced {
  /** All functions of the program; the last one is the traced function itself. */
  functions: FunctionDef[];
  inputs: Leaf<TensorSpec>[];
  inputStructure: Structure;
  /** Variables that the function uses; they follow the inputs as arguments. */
  variables: (Capture & { tensor: tf.Variable })[];
  outputs: Leaf<TensorSpec>[];
  outputStructure: Structure;
}

export interface TraceOptions {
  /** Above this many bytes a tensor that is no input is refused. */
  maximumConstantBytes: number;
  /** Above this many bytes all such tensors together are. */
  maximumConstantsBytes: number;
  /** Whether the program is compiled by XLA. */
  jit: boolean;
  /** See {@link RecorderOptions}. */
  forms?: Partial<Forms> | undefined;
  /** What its products multiply; float32 by default. */
  precision?: Precision;
  /** Holds variables at their present values instead of making them arguments. */
  embedVariables: boolean;
  /** See {@link RecorderOptions}. */
  onNode?: RecorderOptions['onNode'];
}

/** Runs `fn` once on example inputs and writes down what it does. */
export function trace(
  fn: (inputs: never) => unknown,
  inputs: unknown,
  { embedVariables, ...options }: TraceOptions,
): Traced {
  if (currentRecorder() !== undefined || tf.engine().state.gradientDepth > 0) {
    throw new GraphError(
      'A function is compiled inside another that is traced or differentiated.',
      'compile it before, or use the plain function there',
    );
  }
  const specs = flatten<tf.Tensor | TensorSpec>(inputs, 'input');
  if (!embedVariables) separateVariables();
  const recorder = new Recorder({
    ...options,
    variables: embedVariables ? undefined : registeredVariables(),
  });
  let traced: Traced | undefined;
  try {
    tf.tidy(() => {
      const examples = specs.leaves.map(({ path, value }) => example(value, place('input', path)));
      const names = examples.map((_, i) => `input_${i}`);
      examples.forEach((tensor, i) => {
        recorder.bind(tensor, names[i] as string);
      });
      const result = undebugged(() =>
        recordWith(recorder, () => fn(unflatten(specs.structure, examples) as never)),
      );
      recorder.throwIfRefused();
      const { leaves, structure } = flatten<tf.Tensor>(result, 'result');
      if (leaves.length === 0)
        throw new GraphError('The function gives no tensor.', 'return what it computes');
      const outputs = leaves.map(({ path, value }) => ({
        path,
        reference: recorder.reference(value, place('result', path)),
        value: specOf(value, place('result', path)),
      }));
      const captures = recorder.captures.map((capture) => ({
        ...capture,
        tensor: recorder.options.variables?.get(capture.tensor.dataId) as tf.Variable,
      }));
      for (const { tensor } of captures) checkAlive(tensor, describeVariable(tensor));
      const inputLeaves = specs.leaves.map(({ path }, i) => ({
        path,
        value: specOf(examples[i] as tf.Tensor, place('input', path)),
      }));
      recorder.functions.push({
        name: 'program',
        arguments: [
          ...inputLeaves.map(({ value }, i) => ({ name: names[i] as string, dtype: value.dtype })),
          ...captures.map(({ name, tensor }) => ({ name, dtype: specOf(tensor, name).dtype })),
        ],
        results: outputs.map(({ value, reference }, i) => ({
          name: `output_${i}`,
          dtype: value.dtype,
          reference,
        })),
        nodes: recorder.nodes,
      });
      traced = {
        functions: recorder.functions,
        inputs: inputLeaves,
        inputStructure: specs.structure,
        variables: captures,
        outputs,
        outputStructure: structure,
      };
    });
  } finally {
    recorder.release();
  }
  recorder.refuseKept();
  return traced as Traced;
}

const registeredVariables = (): Map<object, tf.Variable> =>
  new Map(Object.values(tf.engine().registeredVariables).map((it) => [it.dataId, it]));

/** tfjs's debug mode reads what every op gives, which nothing can while tracing. */
function undebugged<T>(fn: () => T): T {
  const flags = tf.env().getFlags();
  const { DEBUG: isDebugging } = flags;
  flags.DEBUG = false;
  try {
    return fn();
  } finally {
    if (isDebugging === undefined) delete flags.DEBUG;
    else flags.DEBUG = isDebugging;
  }
}
