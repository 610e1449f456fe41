/**
 * Compiles many distinct functions, calls each, and lets go of them (arguments: threads, how many, variant
 * xla | graph). Prints a {@link ManyFunctions}.
 */
import { type CompiledFunction, compile, lossAndGradients } from '@atelier/graph';
import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';

/** What the child process prints; memory is the process's resident one, in MiB. */
export interface ManyFunctions {
  count: number;
  /** With TensorFlow loaded, and one function compiled, called and disposed of. */
  before: number;
  /** With all of them compiled and called. */
  held: number;
  /** When all are disposed of. */
  disposed: number;
  /** Of one function: tracing and compilation, its first call, and a call afterwards. */
  milliseconds: { compile: number[]; firstCall: number[]; call: number[] };
}

const [threads, count, variant] = process.argv.slice(2) as [string, string, string];
loadTensorFlow({ threads: Number(threads) });

/** A type, not an interface: it is a tree of tensors. */
type Inputs = {
  x: tf.Tensor;
  y: tf.Tensor;
  weights: { w1: tf.Tensor; b1: tf.Tensor; w2: tf.Tensor; b2: tf.Tensor };
};

/** Loss and gradients of an MLP: no two widths make the same program. */
const examine = ({ x, y, weights }: Inputs) =>
  lossAndGradients(({ w1, b1, w2, b2 }) => {
    const hidden = tf.tanh(tf.add(tf.matMul(x as tf.Tensor2D, w1 as tf.Tensor2D), b1));
    const logits = tf.add(tf.matMul(hidden as tf.Tensor2D, w2 as tf.Tensor2D), b2);
    return { loss: tf.losses.softmaxCrossEntropy(y, logits) as tf.Scalar };
  }, weights);

const inputsOf = (width: number): Inputs => ({
  x: tf.ones([32, 20]),
  y: tf.oneHot(tf.zeros([32], 'int32'), 5),
  weights: {
    ...{ w1: tf.fill([20, width], 0.1), b1: tf.zeros([width]) },
    ...{ w2: tf.fill([width, 5], 0.1), b2: tf.zeros([5]) },
  },
});

const milliseconds: ManyFunctions['milliseconds'] = { compile: [], firstCall: [], call: [] };

function timed<T>(into: number[], run: () => T): T {
  const begin = performance.now();
  const result = run();
  into.push(performance.now() - begin);
  return result;
}

function make(width: number, times: ManyFunctions['milliseconds']) {
  const inputs = inputsOf(width);
  const program = timed(times.compile, () =>
    compile(examine, { inputs, jit: variant === 'xla' }),
  ) as CompiledFunction<Inputs, ReturnType<typeof examine>>;
  const call = () => {
    const { loss, gradients } = program.call(inputs);
    loss.dataSync();
    tf.dispose([loss, gradients]);
  };
  timed(times.firstCall, call);
  timed(times.call, call);
  tf.dispose(inputs);
  return program;
}

function resident(): number {
  globalThis.gc!();
  return process.memoryUsage.rss() / 2 ** 20;
}

make(8, { compile: [], firstCall: [], call: [] }).dispose();
const before = resident();
const programs = Array.from({ length: Number(count) }, (_, i) => make(i + 9, milliseconds));
const held = resident();
for (const program of programs) program.dispose();
programs.length = 0;
const result: ManyFunctions = {
  ...{ count: Number(count), before, held, disposed: resident(), milliseconds },
};
process.stdout.write(`${JSON.stringify(result)}\n`);
