import {
  argMax,
  cast,
  equal,
  greater,
  logicalAnd,
  reshape,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';

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
