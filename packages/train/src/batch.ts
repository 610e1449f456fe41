import { intAdd, intMin, intMul, intSub, iota } from '@atelier/graph';
import {
  argMax,
  cast,
  div,
  equal,
  greater,
  less,
  logicalAnd,
  reshape,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';

/** Which examples of a batch are there to be learnt from. */
export interface Shares {
  /** Each example's share in the batch's means, [1, n]; together 1, and 0 for what only pads. */
  shares: Tensor;
  /** A float32 scalar: examples that do not pad. */
  count: Tensor;
}

export interface Batch extends Shares {
  /** int32 [batch], each below the number of examples. */
  positions: Tensor;
}

/**
 * One of the batches of one size that examples make in order. The last one, where examples run
 * out, repeats the last example with no share in anything: so every batch is a step of the same
 * program.
 * @param index int32 scalar, counted from 0
 */
export function batchAt(index: Tensor, size: number, examples: number): Batch {
  const first = intMul(index, size);
  const all = intAdd(iota(size), first);
  const count = cast(intMin(intSub(examples, first), size), 'float32');
  const there = cast(less(all, examples), 'float32');
  return {
    positions: intMin(all, examples - 1),
    shares: reshape(div(there, count), [1, size]),
    count,
  };
}

/**
 * Correct predictions of a batch, what pads it left out.
 * @param logits [n, classes]
 * @param labels int32 [n]
 * @param shares of each example in the batch's means, [1, n]; 0 for what pads
 * @returns a float32 scalar
 */
export function countHits(logits: Tensor, labels: Tensor, shares: Tensor): Tensor {
  const hit = logicalAnd(equal(argMax(logits, 1), labels), greater(reshape(shares, [-1]), 0));
  return sum(cast(hit, 'float32'));
}
