import * as tf from '@tensorflow/tfjs-core';
import { GraphError } from '../graph-error.ts';
import { flatten, formatSpec, unflatten } from '../tree.ts';
import { leavesOf } from './optimizer.ts';

/**
 * A scalar loss and its gradients with respect to all tensors of a tree, as an optimizer takes them.
 * @param loss gives the loss, and whatever else it finds on the way (a tree of tensors, through which no
 *   gradient flows)
 * @returns `loss`, `gradients` and `aux`, all of them the caller's to dispose
 * @throws GraphError for a loss that is no scalar, of which tf.valueAndGrads would take the sum
 */
export function lossAndGradients<P, A = Record<string, never>>(
  loss: (parameters: P) => { loss: tf.Tensor; aux?: A },
  parameters: P,
): { loss: tf.Scalar; gradients: P; aux: A } {
  return tf.tidy(() => {
    const { leaves, structure } = leavesOf(parameters, 'parameter');
    // What is found on the way outlives tfjs's own tf.tidy around the loss, and goes with the one here.
    const kept: tf.Tensor[] = [];
    let found: ReturnType<typeof flatten<tf.Tensor>> | undefined;
    try {
      const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => {
        const given = loss(unflatten(structure, tensors) as P);
        refuseOtherThanScalar(given.loss);
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
  }) as { loss: tf.Scalar; gradients: P; aux: A };
}

function refuseOtherThanScalar(loss: tf.Tensor): void {
  if (loss.rank === 0) return;
  throw new GraphError(
    `The loss is ${formatSpec(loss as never)}; expected a scalar.`,
    'take the mean or the sum over the examples',
  );
}
