import * as tf from '@tensorflow/tfjs-core';
import { flatten, unflatten } from '../tree.ts';
import { leavesOf } from './optimizer.ts';

/**
 * A scalar loss and its gradients with respect to all tensors of a tree, as an optimizer takes them.
 * @param loss gives the loss, and whatever else it finds on the way (a tree of tensors, through which no
 *   gradient flows)
 * @returns `loss`, `gradients` and `aux`, all of them the caller's to dispose
 */
export function lossAndGradients<P, A = Record<string, never>>(
  loss: (parameters: P) => { loss: tf.Tensor; aux?: A },
  parameters: P,
): { loss: tf.Tensor; gradients: P; aux: A } {
  return tf.tidy(() => {
    const { leaves, structure } = leavesOf(parameters, 'parameter');
    // What is found on the way outlives tfjs's own tf.tidy around the loss, and goes with the one here.
    const kept: tf.Tensor[] = [];
    let found: ReturnType<typeof flatten<tf.Tensor>> | undefined;
    try {
      const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => {
        const given = loss(unflatten(structure, tensors) as P);
        found = flatten<tf.Tensor>(given.aux ?? {}, 'aux');
        kept.push(...found.leaves.map(({ value }) => tf.keep(tf.clone(value))));
        return given.loss as tf.Scalar;
      })(leaves.map(({ value }) => value));
      const aux = unflatten(
        found!.structure,
        kept.map((tensor) => tf.clone(tensor)),
      );
      return { loss: value, gradients: unflatten(structure, grads), aux } as never;
    } finally {
      tf.dispose(kept);
    }
  }) as { loss: tf.Tensor; gradients: P; aux: A };
}
