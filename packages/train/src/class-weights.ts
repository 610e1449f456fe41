import { gather } from '@atelier/graph';
import { div, mul, reshape, sum, type Tensor, tensor1d } from '@tensorflow/tfjs-core';

/**
 * What an example of each class counts, so that all classes count alike together: examples over
 * (classes that there are times examples of the class), as scikit-learn's `balanced`. A class without
 * examples counts 0.
 */
export function balancedWeights(labels: Uint8Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]! += 1;
  const present = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count === 0 ? 0 : labels.length / (present * count)));
}

/**
 * Shares in the loss of examples that count by their class: together 1 again, as
 * torch.nn.CrossEntropyLoss(weight) divides by the weights of a batch.
 * @param shares of each example where all count alike, [1, n]
 * @param labels int32 [n]
 */
export function weightedShares(shares: Tensor, labels: Tensor, weights: readonly number[]): Tensor {
  const ofExamples = gather(tensor1d([...weights], 'float32'), labels);
  const weighted = mul(shares, reshape(ofExamples, [1, -1]));
  return div(weighted, sum(weighted));
}
