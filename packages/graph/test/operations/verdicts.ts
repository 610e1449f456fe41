import * as tf from '@tensorflow/tfjs-core';
import { pullback } from '../../src/differentiation.ts';
import { UnknownToXla } from '../../src/graph-error.ts';
import { compile, GraphError } from '../../src/index.ts';
import { flatten } from '../../src/tree.ts';
import type { Sample } from './samples/sample.ts';

/** What comes of an operation, as the page says it: `yes` where it gives compiled what it gives eagerly. */
interface Verdict {
  word: string;
  why?: string;
}

export interface Verdicts {
  value: Verdict;
  /** An empty word where tfjs has none, or nothing in it is real. */
  gradient: Verdict;
}

type Fn<I> = (inputs: I) => unknown;

/** Runs a sample eagerly and compiled, and says how its values and its gradient compare. */
export function judge(sample: Sample, jit: boolean): Verdicts {
  const { inputs, fn } = sample;
  const alone = () => judgeOne((given: tf.Tensor[]) => fn(...given), inputs, jit);
  if (!hasGradient(sample)) return { value: alone(), gradient: { word: '' } };
  const both = judgeOne((given: tf.Tensor[]) => withGradient(sample, given), inputs, jit);
  return { value: both.word === 'yes' ? both : alone(), gradient: both };
}

/** What an operation gives, and the gradient of its real results, each weighted otherwise, by its real inputs. */
function withGradient({ fn }: Sample, inputs: tf.Tensor[]): unknown {
  const realResults = () => realOf(leavesOf(fn(...inputs)));
  const value = fn(...inputs);
  const dys = realOf(leavesOf(value)).map(({ shape, size }) =>
    tf.reshape(tf.cos(tf.range(0, size)), shape),
  );
  return { value, gradient: pullback(realResults, realOf(inputs), dys) };
}

const leavesOf = (tree: unknown): tf.Tensor[] =>
  flatten<tf.Tensor>(tree, 'result').leaves.map(({ value }) => value);

const realOf = (tensors: readonly tf.Tensor[]): tf.Tensor[] =>
  tensors.filter(({ dtype }) => dtype === 'float32');

function hasGradient(sample: Sample): boolean {
  const { inputs, fn } = sample;
  return tf.tidy(() => {
    const found = attempt(() => {
      const isReal = realOf(leavesOf(fn(...inputs))).length > 0 && realOf(inputs).length > 0;
      if (isReal) withGradient(sample, inputs);
      return isReal;
    });
    return 'result' in found && found.result;
  });
}

function judgeOne<I>(fn: Fn<I>, inputs: I, jit: boolean): Verdict {
  const eager = attempt(() => read(fn, inputs));
  const compiled = attempt(() => runCompiled(fn, inputs, jit));
  if ('result' in compiled) {
    const isAsEager = 'result' in eager && isClose(compiled.result, eager.result);
    return { word: isAsEager ? 'yes' : 'differs' };
  }
  const { error } = compiled;
  const [why] = error.message.split('\n') as [string];
  if (error instanceof UnknownToXla) return { word: `XLA lacks ${/"(\w+)"/.exec(why)![1]}` };
  if (error instanceof GraphError) return { word: 'refused', why };
  if ('error' in eager && eager.error.message === error.message)
    return { word: 'not in tfjs-node', why };
  throw error;
}

/** A tensor of a result. */
interface Values {
  path: string;
  form: string;
  numbers: ArrayLike<number>;
}

const read = <I>(fn: Fn<I>, inputs: I): Values[] =>
  tf.tidy(
    () =>
      flatten<tf.Tensor>(fn(inputs), 'result').leaves.map(({ path, value }) => ({
        path,
        form: `${value.dtype} ${value.shape}`,
        numbers: value.dataSync(),
      })) as never,
  );

function runCompiled<I>(fn: Fn<I>, inputs: I, jit: boolean): Values[] {
  const compiled = compile(fn, { inputs, jit });
  try {
    return read(compiled.call, inputs);
  } finally {
    compiled.dispose();
  }
}

/** Whether all are equal up to the last digits. */
const isClose = (found: readonly Values[], expected: readonly Values[]): boolean =>
  found.length === expected.length &&
  found.every(({ form, numbers }, i) => {
    const { form: wanted, numbers: others } = expected[i]!;
    const isNear = (x: number, y: number) =>
      Object.is(x, y) || Math.abs(x - y) <= 1e-4 * Math.max(1, Math.abs(y));
    return form === wanted && Array.from(numbers).every((x, k) => isNear(x, others[k]!));
  });

function attempt<T>(fn: () => T): { result: T } | { error: Error } {
  try {
    return { result: fn() };
  } catch (error) {
    return { error: error as Error };
  }
}

/** A sample in a program of many, with its gradient or without. */
export interface Part {
  name: string;
  sample: Sample;
  gradient: boolean;
}

/** Which of many samples, all in one program, do not give what they give eagerly. */
export function differing(parts: readonly Part[], jit: boolean): string[] {
  const run = (inputs: tf.Tensor[][]) =>
    parts.map(({ sample, gradient }, i) =>
      gradient ? withGradient(sample, inputs[i]!) : sample.fn(...inputs[i]!),
    );
  const inputs = parts.map(({ sample }) => sample.inputs);
  const compiled = runCompiled(run, inputs, jit);
  const eager = read(run, inputs);
  return parts
    .map(({ name }) => name)
    .filter((_, i) => {
      const own = ({ path }: Values) => path.split('/')[0] === `${i}`;
      return !isClose(compiled.filter(own), eager.filter(own));
    });
}
