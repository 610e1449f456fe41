/**
 * Random programs of tfjs functions, for comparing what they give eagerly, compiled by XLA and compiled
 * without it. A program is a list of numbers that choose an operation and what it takes, so that fast-check
 * shrinks it by leaving steps out.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as fc from 'fast-check';
import { compile } from '../src/index.ts';

interface Step {
  operation: number;
  first: number;
  second: number;
}

interface RandomProgram {
  rows: number;
  columns: number;
  seed: number;
  steps: Step[];
  /** Whether the gradient is compared, which takes smooth operations only. */
  gradient: boolean;
}

const randomPrograms: fc.Arbitrary<RandomProgram> = fc.record({
  rows: fc.integer({ min: 1, max: 5 }),
  columns: fc.integer({ min: 1, max: 5 }),
  seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  gradient: fc.boolean(),
  steps: fc.array(fc.record({ operation: fc.nat(999), first: fc.nat(99), second: fc.nat(99) }), {
    minLength: 3,
    maxLength: 30,
  }),
});

/** All that exists so far, matrices of a few shapes. */
interface Pool {
  float: tf.Tensor2D[];
  int: tf.Tensor2D[];
  bool: tf.Tensor2D[];
}

type Operation = (pool: Pool, first: number, second: number) => void;

const pick = <T>(list: readonly T[], number: number): T => list[number % list.length]!;

/** Those that one can be combined with elementwise. */
const like = (list: tf.Tensor2D[], x: tf.Tensor): tf.Tensor2D[] =>
  list.filter(({ shape }) =>
    shape.every((size, i) => size === x.shape[i]! || size === 1 || x.shape[i] === 1),
  );

const unary =
  (fn: (x: tf.Tensor2D) => tf.Tensor): Operation =>
  (pool, first) =>
    void pool.float.push(fn(pick(pool.float, first)) as tf.Tensor2D);

const binary =
  (fn: (a: tf.Tensor2D, b: tf.Tensor2D) => tf.Tensor): Operation =>
  (pool, first, second) => {
    const a = pick(pool.float, first);
    pool.float.push(fn(a, pick(like(pool.float, a), second)) as tf.Tensor2D);
  };

const integer =
  (kind: 'int' | 'bool', fn: (a: tf.Tensor2D, b: tf.Tensor2D) => tf.Tensor): Operation =>
  (pool, first, second) => {
    const a = pick(pool.int, first);
    pool[kind].push(fn(a, pick(like(pool.int, a), second)) as tf.Tensor2D);
  };

/** Keeps what grows within bounds, so that differences in the last digits stay there. */
const tame = (x: tf.Tensor): tf.Tensor => tf.mul(3, tf.tanh(tf.div(x, 3)));

const smooth: Operation[] = [
  ...[tf.neg, tf.sin, tf.cos, tf.tanh, tf.sigmoid, tf.softplus, tf.erf, tf.atan].map((fn) =>
    unary((x) => fn(x)),
  ),
  unary((x) => tame(tf.exp(tame(x)))),
  unary((x) => tf.log(tf.add(tf.square(x), 1))),
  unary((x) => tf.sqrt(tf.add(tf.square(x), 0.5))),
  unary((x) => tf.rsqrt(tf.add(tf.square(x), 0.5))),
  unary((x) => tf.softmax(x)),
  unary((x) => tf.logSoftmax(x)),
  unary((x) => tame(tf.square(x))),
  unary((x) => tame(tf.sum(x, 1, true))),
  unary((x) => tf.mean(x, 0, true)),
  unary((x) => tf.logSumExp(x, 1, true)),
  unary((x) => tame(tf.cumsum(x, 1))),
  unary((x) => tf.transpose(x)),
  unary((x) => tf.reverse(x, 0)),
  unary((x) => tf.concat([x, tf.mul(x, 0.5)], 1)),
  unary((x) => tf.slice(x, [0, 0], [1, x.shape[1]])),
  unary((x) =>
    tf.pad(x, [
      [0, 1],
      [1, 0],
    ]),
  ),
  unary((x) => tf.stack(tf.unstack(x).toReversed())),
  unary((x) => tf.gather(x, tf.tensor1d([0, x.shape[0] - 1, 0], 'int32'))),
  unary((x) => tame(tf.matMul(x, x, false, true))),
  binary((a, b) => tame(tf.add(a, b))),
  binary((a, b) => tame(tf.sub(a, b))),
  binary((a, b) => tame(tf.mul(a, b))),
  binary((a, b) => tf.div(a, tf.add(tf.square(b), 1))),
  binary((a, b) => tame(tf.squaredDifference(a, b))),
  (pool, first, second) => {
    const a = pick(pool.float, first);
    const fitting = pool.float.filter(({ shape }) => shape[1] === a.shape[1]);
    pool.float.push(tame(tf.matMul(a, pick(fitting, second), false, true)) as tf.Tensor2D);
  },
  (pool, first, second) => {
    const a = pick(pool.float, first);
    const conditions = like(pool.bool, a);
    if (conditions.length === 0) return;
    pool.float.push(tf.where(pick(conditions, second), a, tf.neg(a)) as tf.Tensor2D);
  },
];

const others: Operation[] = [
  ...[tf.abs, tf.relu, tf.relu6, tf.elu, tf.selu, tf.leakyRelu].map((fn) => unary((x) => fn(x))),
  unary((x) => tf.max(x, 1, true)),
  unary((x) => tf.min(x, 0, true)),
  unary((x) => tf.clipByValue(x, -1, 1)),
  binary((a, b) => tf.maximum(a, b)),
  binary((a, b) => tf.minimum(a, b)),
  integer('int', (a, b) => tf.add(a, b)),
  integer('int', (a, b) => tf.mul(a, b)),
  integer('int', (a, b) => tf.maximum(a, b)),
  integer('int', (a, b) => tf.mod(a, tf.add(tf.abs(b), tf.scalar(1, 'int32')))),
  integer('int', (a) => tf.sum(a, 1, true)),
  integer('bool', (a, b) => tf.less(a, b)),
  integer('bool', (a, b) => tf.equal(a, b)),
  (pool, first) => void pool.int.push(tf.cast(pick(pool.bool, first), 'int32') as tf.Tensor2D),
  (pool, first) =>
    void pool.float.push(tame(tf.cast(pick(pool.int, first), 'float32')) as tf.Tensor2D),
  (pool, first) => void pool.float.push(tf.mean(pick(pool.bool, first), 1, true)),
  (pool, first, second) => {
    const a = pick(pool.bool, first);
    pool.bool.push(tf.logicalXor(a, pick(like(pool.bool, a), second)) as tf.Tensor2D);
  },
];

interface Inputs {
  a: tf.Tensor2D;
  b: tf.Tensor2D;
  n: tf.Tensor2D;
  flag: tf.Tensor2D;
}

const makeInputs = ({ rows, columns, seed }: RandomProgram): Inputs => {
  const shape: [number, number] = [rows, columns];
  const real = (from: number) => tf.randomUniform<tf.Rank.R2>(shape, -2, 2, 'float32', seed + from);
  return {
    a: real(0),
    b: real(1),
    n: tf.randomUniform<tf.Rank.R2>(shape, -9, 9, 'int32', seed + 2),
    flag: tf.cast(tf.greater(real(3), 0), 'bool'),
  };
};

/** The program as a function of its inputs: all matrices that it makes, or the gradient of their sum. */
function functionOf({ steps, gradient }: RandomProgram): (inputs: Inputs) => tf.Tensor[] {
  const operations = gradient ? smooth : [...smooth, ...others];
  const run = ({ a, b, n, flag }: Inputs): tf.Tensor[] => {
    const pool: Pool = { float: [a, b], int: [n], bool: [flag] };
    for (const { operation, first, second } of steps)
      pick(operations, operation)(pool, first, second);
    return [...pool.float, ...pool.int, ...pool.bool].slice(-8);
  };
  if (!gradient) return run;
  return ({ n, flag, ...reals }) => {
    const loss = (a: tf.Tensor, b: tf.Tensor) => {
      const results = run({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, n, flag });
      const sums = results.filter(({ dtype }) => dtype === 'float32').map((it) => tf.mean(it));
      return tf.addN([...sums, tf.mean(a), tf.mean(b)]);
    };
    return tf.grads(loss)([reals.a, reals.b]);
  };
}

/** How far apart two results are, in units of the larger one's scale and at least 1. */
function distance(found: Float32Array, expected: Float32Array): number {
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return found.reduce((most, value, i) => {
    const apart = Object.is(value, expected[i]) ? 0 : Math.abs(value - expected[i]!);
    return Math.max(most, (Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart) / scale);
  }, 0);
}

/**
 * Runs a program three ways. Throws where one of them gives something else.
 * @returns false where eager tfjs fails itself: some of its gradients do, broadcast or of disposed tensors
 */
function checkProgram(program: RandomProgram): boolean {
  return tf.tidy(() => {
    const inputs = makeInputs(program);
    const fn = functionOf(program);
    const expected = resultsOf(fn, inputs);
    if (expected === undefined) return false;
    for (const jit of [true, false]) {
      const compiled = compile(fn, { inputs, jit });
      try {
        compareAll(compiled.call(inputs), expected, jit);
      } finally {
        compiled.dispose();
      }
    }
    return true;
  });
}

function resultsOf(fn: (inputs: Inputs) => tf.Tensor[], inputs: Inputs): tf.Tensor[] | undefined {
  try {
    return fn(inputs);
  } catch {
    return undefined;
  }
}

function compareAll(found: tf.Tensor[], expected: tf.Tensor[], jit: boolean): void {
  for (const [i, tensor] of found.entries()) {
    const other = expected[i]!;
    const [form, otherForm] = [tensor, other].map(({ dtype, shape }) => `${dtype} [${shape}]`);
    if (form !== otherForm) throw new Error(`jit ${jit}: result ${i} is ${form}, not ${otherForm}`);
    const apart = distance(tensor.dataSync<'float32'>(), other.dataSync<'float32'>());
    if (apart <= 1e-3) continue;
    throw new Error(`jit ${jit}: result ${i} is ${tensor}, eagerly ${other}: ${apart} apart`);
  }
}

/**
 * Checks random programs until the time is over.
 * @returns how many were checked
 * @throws with the seed, and the program made as small as it fails
 */
export function checkPrograms({ seed, seconds }: { seed: number; seconds: number }): number {
  let checked = 0;
  const property = fc.property(randomPrograms, (program) => {
    if (checkProgram(program)) checked++;
  });
  fc.assert(property, {
    seed,
    numRuns: 1e9,
    interruptAfterTimeLimit: seconds * 1000,
    markInterruptAsFailure: false,
  });
  return checked;
}
