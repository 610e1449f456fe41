import {
  add,
  logSoftmax,
  mul,
  neg,
  oneHot,
  reshape,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';

/**
 * Mean cross-entropy against smoothed labels (torch.nn.CrossEntropyLoss(label_smoothing)): the
 * target is 1 - smoothing on the label plus smoothing spread evenly over all classes.
 * @param logits [n, classes]
 * @param labels int32 [n]
 * @param shares of each example in the mean, [1, n]
 * @returns a scalar, in nats
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  smoothing: number,
  shares: Tensor,
): Tensor {
  const classes = logits.shape[1]!;
  const hard = oneHot(labels, classes, 1, 0, 'float32');
  const target = add(mul(hard, 1 - smoothing), smoothing / classes);
  const likelihoods = sum(mul(target, logSoftmax(logits)), 1);
  return neg(sum(mul(likelihoods, reshape(shares, [-1]))));
}
