import { materialize } from '@atelier/graph';
import {
  add,
  matMul,
  mean,
  mul,
  reshape,
  rsqrt,
  slice,
  square,
  type Tensor,
} from '@tensorflow/tfjs-core';

/** Types, not interfaces: they are trees of tensors. */
export type FloorState = {
  /** The first layer's weights, [inputs, outputs]. */
  first: Tensor;
  /** A scalar that one element of every other weight gradient is added to. */
  sum: Tensor;
};

export type FloorInputs = {
  /** [batch, inputs] */
  x: Tensor;
  /** One for each layer after the first, [inputs, outputs]. */
  weights: Tensor[];
};

/**
 * The matrix products of one training step and next to nothing else: for every layer forward and
 * weight gradient, for every layer but the first the input gradient. No product can be left out
 * or moved out of the loop: each is computed in full (materialize) and needed by the next one,
 * and the first layer's gradient is the next step's first weights. The logits, brought to
 * length 1, stand for their gradient, so that values neither grow nor vanish.
 */
export function floorStep({ first, sum }: FloorState, { x, weights }: FloorInputs): FloorState {
  const layers = [first, ...weights];
  const activations = [x];
  for (const weight of layers) activations.push(product(activations.at(-1)!, weight));
  const logits = activations.pop()!;
  let error: Tensor = mul(logits, rsqrt(mean(square(logits))));
  let total = sum;
  for (let layer = weights.length; layer > 0; layer--) {
    total = add(total, firstElement(product(activations[layer]!, error, true, false)));
    error = product(error, layers[layer]!, false, true);
  }
  return { first: product(x, error, true, false), sum: total };
}

const product = (...operands: Parameters<typeof matMul>): Tensor =>
  materialize(matMul(...operands));

const firstElement = (matrix: Tensor): Tensor => reshape(slice(matrix, [0, 0], [1, 1]), []);
