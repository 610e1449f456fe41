import * as tf from '@tensorflow/tfjs-core';
import { currentRecorder } from './current.ts';
import { differentiable, isDifferentiating, pullback } from './differentiation.ts';
import { example, specOf } from './fresh.ts';
import { checkOption, GraphError, refuseOption } from './graph-error.ts';
import { type Inspection, inspectionOf } from './inspection.ts';
import type { Forms } from './lowering.ts';
import type { Precision } from './precision.ts';
import { fasterProgram, givenProgram } from './program-choice.ts';
import { type Traced, trace } from './trace.ts';
import { flatten, formatSpec, place, type Specs, type TensorSpec, unflatten } from './tree.ts';

/** Constants above these sizes are refused: the program's text carries them, and XLA takes long over it. */
const limits = { maximumConstantBytes: 2 ** 20, maximumConstantsBytes: 2 ** 23 };

export interface CompiledFunction<I, O> {
  /**
   * Runs the program, synchronously. The result is the caller's to dispose. Gradients flow through it to its
   * inputs and variables, by a program that is made at the first; one program that takes the gradient itself
   * is faster.
   * @throws GraphError that names an input of another place, shape or type than compiled for, or an input
   * or variable that has been disposed of
   */
  call(inputs: I): O;
  /**
   * Lets XLA compile now what it would compile at the first call: on these inputs, on which `jit: 'auto'` then also
   * measures, or on zeros. Returns the function itself.
   */
  warmUp(inputs?: I): CompiledFunction<I, O>;
  /** Whether XLA compiles it; with `jit: 'auto'` it may be false from the first call on. `inspect()` says why. */
  readonly jit: boolean;
  /** What the program consists of, as text and as a picture. */
  inspect(): Inspection;
  /** Releases the program; calls afterwards throw. */
  dispose(): void;
}

/**
 * true: XLA compiles one program. false: TensorFlow's graph executor runs op by op. 'auto': XLA, or else the
 * executor, with a warning, where XLA cannot compile the function or is measured to be slower: the first call runs
 * both a few times on its inputs, and from then on one of them gives all results. Their last digits differ.
 */
export type Jit = boolean | 'auto';

export interface CompileOptions<I> {
  /** Example tensors, or their shapes and types. The function runs on them once. */
  inputs: I | Specs<I>;
  /** true by default. */
  jit?: Jit;
  /**
   * How XLA is given convolutions and pooling. By default as is best on TensorFlow's device; for a program that is
   * written here and runs on another.
   */
  forms?: Partial<Forms> | undefined;
  /** What matrix products and convolutions multiply, those of gradients included; float32 by default. */
  precision?: Precision;
}

/**
 * Traces a tfjs function and makes one TensorFlow program of it. Tensors it uses beside its inputs are
 * frozen at their present values; variables are read at every call. XLA compiles at the first call.
 * @throws GraphError for what cannot be traced, for a function that gives no tensor, and for an unknown option
 */
export function compile<I, O>(
  fn: (inputs: I) => O,
  options: CompileOptions<I>,
): CompiledFunction<I, O> {
  if (typeof fn !== 'function') refuseOption('What is compiled', fn, 'a function');
  if (options?.inputs === undefined) {
    throw new GraphError(
      'compile is not told the inputs.',
      'compile(fn, { inputs }) takes example tensors, or their shapes and types; jit(fn) needs none',
    );
  }
  return compileMeasuring(fn, options, { name: fn.name, measure: (inputs, on) => on(inputs) });
}

export interface Measuring<I> {
  /** The function's name, for people. */
  name: string;
  /** Calls `on` with inputs like these that one call may measure on, or not, if it is to be measured later. */
  measure(inputs: I, on: (inputs: I) => void): void;
}

/** `compile`, whose `jit: 'auto'` measures on inputs made of a call's. */
export function compileMeasuring<I, O>(
  fn: (inputs: I) => O,
  { inputs, jit = true, forms, precision = 'float32' }: CompileOptions<I>,
  { name, measure }: Measuring<I>,
): CompiledFunction<I, O> {
  checkOption('jit', jit, [true, false, 'auto']);
  checkOption('precision', precision, ['float32', 'bfloat16']);
  const { convolutions, pooling } = forms ?? {};
  checkOption('forms.convolutions', convolutions, ['products', 'native', undefined]);
  checkOption('forms.pooling', pooling, ['slices', 'native', undefined]);
  const traceFor = (byXla: boolean): Traced =>
    trace(fn, inputs, { ...limits, embedVariables: false, jit: byXla, forms, precision });
  const chosen =
    jit === 'auto' ? fasterProgram(name || 'A function', traceFor) : givenProgram(traceFor, jit);
  const settle = (tree: I) => {
    if (chosen.choice.because !== 'open') return;
    measure(tree, (like) => chosen.measure(checkedInputs(chosen.program.traced, like)));
  };
  let gradient: CompiledFunction<GradientInputs, tf.Tensor[]> | undefined;
  const runWithGradient = (tensors: tf.Tensor[]): tf.Tensor[] => {
    const { traced } = chosen.program;
    return differentiable({
      inputs: [...tensors, ...traced.variables.map(({ tensor }) => tensor)],
      forward: () => ({ results: chosen.run(tensors), saved: tensors }),
      backward: (dys, given) => {
        gradient ??= compileGradient(fn, traced, { jit, forms, precision });
        return gradient.call({ given, dys });
      },
    });
  };
  let disposed = false;

  return {
    call(tree) {
      if (disposed) throw new GraphError('A compiled function is called after dispose().');
      refuseWhileTracing();
      const tensors = checkedInputs(chosen.program.traced, tree);
      settle(tree);
      const results = isDifferentiating() ? runWithGradient(tensors) : chosen.run(tensors);
      return unflatten(chosen.program.traced.outputStructure, results) as O;
    },
    warmUp(tree) {
      if (disposed) throw new GraphError('A compiled function is warmed up after dispose().');
      refuseWhileTracing();
      const { traced } = chosen.program;
      tf.tidy(() => {
        const tensors =
          tree === undefined
            ? traced.inputs.map(({ value }) => example(value, 'input'))
            : checkedInputs(traced, tree);
        if (tree !== undefined) settle(tree);
        if (chosen.program.jit) chosen.run(tensors);
      });
      return this;
    },
    get jit() {
      return chosen.program.jit;
    },
    inspect: () => ({ ...inspectionOf(chosen.program.traced), choice: chosen.choice }),
    dispose() {
      if (disposed) return;
      disposed = true;
      chosen.dispose();
      gradient?.dispose();
    },
  };
}

interface GradientInputs {
  given: tf.Tensor[];
  dys: tf.Tensor[];
}

/** The gradients of a function's results, weighted by `dys`, with respect to its inputs and variables. */
function compileGradient<I, O>(
  fn: (inputs: I) => O,
  { inputs, inputStructure, outputs, variables }: Traced,
  options: Pick<CompileOptions<unknown>, 'jit' | 'forms' | 'precision'>,
): CompiledFunction<GradientInputs, tf.Tensor[]> {
  const isReal = ({ dtype }: tf.Tensor) => dtype === 'float32';
  return compile(
    ({ given, dys }: GradientInputs) => {
      const all = [...given, ...variables.map(({ tensor }) => tensor)];
      const results = () =>
        flatten<tf.Tensor>(fn(unflatten(inputStructure, given) as I), 'result').leaves;
      const found = pullback(() => results().map(({ value }) => value), all.filter(isReal), dys);
      return all.map((tensor) => (isReal(tensor) ? found.shift()! : tf.zerosLike(tensor)));
    },
    {
      inputs: {
        given: inputs.map(({ value }) => value),
        dys: outputs.map(({ value }) => value),
      },
      ...options,
    },
  );
}

function refuseWhileTracing(): void {
  if (currentRecorder() === undefined) return;
  throw new GraphError(
    'A compiled function is called while tracing: its result would be frozen into the program.',
    'use the plain function there',
  );
}

/** Whether a function is traced or differentiated now. */
export const isInside = (): boolean => currentRecorder() !== undefined || isDifferentiating();

/** The inputs' tensors in the program's order, each of the shape and type it was compiled for. */
export function checkedInputs(
  { inputs, inputStructure }: Pick<Traced, 'inputs' | 'inputStructure'>,
  tree: unknown,
): tf.Tensor[] {
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
    const found = specOf(tensor, where);
    if (fits(found, spec)) return tensor;
    throw new GraphError(
      `${where} is ${formatSpec(found)}, but the function was compiled for ${formatSpec(spec)}.`,
      'compile it again for other shapes',
    );
  });
  const [unknown] = given.keys();
  if (unknown === undefined) return tensors;
  throw new GraphError(
    `${place('input', unknown)} was not there when the function was compiled: ${JSON.stringify(Object.keys(inputStructure))}.`,
  );
}

/** Whether a tensor has a type and a shape, in which -1 stands for any size. */
const fits = ({ shape, dtype }: TensorSpec, wanted: TensorSpec): boolean =>
  dtype === wanted.dtype &&
  shape.length === wanted.shape.length &&
  shape.every((size, i) => wanted.shape[i] === -1 || wanted.shape[i] === size);
