import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Work } from './contender.ts';
import { classes, type NetworkKey, networks, type Weights } from './framework-networks.ts';

/** What every framework computes; Python reads the same fields by the same names. */
export interface FrameworkWork extends Work {
  network: NetworkKey;
  input: readonly number[];
  weights: Record<string, readonly number[]>;
  learningRate: number;
  /** Different ones, taken in turn. */
  batches: number;
  /** The losses of so many first steps are compared. */
  compared: number;
  threads: number;
  /** A repetition makes as many steps as take about this long. */
  secondsOfRepetition: number;
  /** Holds weights.f32, x.f32 and y.i32, see {@link writeFrameworkData}. */
  directory: string;
}

const batches = 8;
/** Adam's own default. */
const learningRate = 1e-3;

export function frameworkWork(
  network: NetworkKey,
  extent: Pick<FrameworkWork, 'threads' | 'directory' | 'secondsOfRepetition'>,
): FrameworkWork {
  const { input, weights } = networks[network];
  return {
    ...{ network, input, weights, learningRate, batches, compared: 5, steps: 0 },
    ...extent,
  };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Between -1 and 1, by multiplicative hashing. */
function noise(i: number): number {
  let hash = Math.imul(i ^ (i >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return ((hash ^ (hash >>> 16)) >>> 8) / 2 ** 23 - 1;
}

/** Ones for scales, zeros for other vectors, uniform by the number of inputs (He) for matrices and filters. */
function initialWeight(name: string, shape: readonly number[], from: number): Float32Array {
  const size = sizeOf(shape);
  if (shape.length === 1) return new Float32Array(size).fill(name.startsWith('scale') ? 1 : 0);
  const bound = (3 / sizeOf(shape.slice(0, -1))) ** 0.5;
  return Float32Array.from({ length: size }, (_, i) => noise(from + i) * bound);
}

/** weights.f32: all of them, one after the other; x.f32 [batches, …input]; y.i32 [batches, batch] */
export async function writeFrameworkData(work: FrameworkWork): Promise<void> {
  let from = 0;
  const weights = Object.entries(work.weights).map(([name, shape]) => {
    from += 2 ** 20;
    return new Uint8Array(initialWeight(name, shape, from).buffer);
  });
  const x = Float32Array.from({ length: batches * sizeOf(work.input) }, (_, i) => noise(i));
  const y = Int32Array.from({ length: batches * work.input[0]! }, (_, i) =>
    Math.floor(((noise(i + 2 ** 27) + 1) / 2) * classes),
  );
  const files = { 'weights.f32': Buffer.concat(weights), 'x.f32': x, 'y.i32': y };
  await Promise.all(
    Object.entries(files).map(([name, data]) => writeFile(path.join(work.directory, name), data)),
  );
}

/** The data as tensors: initial weights, and batches of inputs and labels. */
export function readFrameworkData({ directory, weights, input, batches: count }: FrameworkWork): {
  initial: Weights;
  batches: { x: tf.Tensor; y: tf.Tensor }[];
} {
  const read = (name: string) => new Uint8Array(readFileSync(path.join(directory, name))).buffer;
  const values = new Float32Array(read('weights.f32'));
  let begin = 0;
  const initial = Object.fromEntries(
    Object.entries(weights).map(([name, shape]) => {
      const end = begin + sizeOf(shape);
      const tensor = tf.tensor(values.slice(begin, end), [...shape]);
      begin = end;
      return [name, tensor];
    }),
  );
  const x = tf.unstack(tf.tensor(new Float32Array(read('x.f32')), [count, ...input]));
  const y = tf.unstack(tf.tensor(new Int32Array(read('y.i32')), [count, input[0]!], 'int32'));
  return { initial, batches: x.map((it, i) => ({ x: it, y: y[i]! })) };
}
