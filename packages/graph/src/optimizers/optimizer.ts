import * as tf from '@tensorflow/tfjs-core';
import { GraphError, refuseOption } from '../graph-error.ts';
import { intAdd } from '../integer.ts';
import { flatten, formatSpec, type Leaf, place, type Structure, unflatten } from '../tree.ts';
import { constant, type Schedule } from './schedules.ts';

/** What an optimizer carries from update to update: a tree of tensors, as a loop's state and a file take it. */
export type OptimizerState<P, Averages extends string> = {
  /** How many updates were made, an int32 scalar. */
  step: tf.Tensor;
} & { [average in Averages]: P };

/**
 * An optimizer as two pure functions over trees of float32 tensors, for eager and compiled code alike. What
 * they return is the caller's to dispose; what they are given stays as it is.
 */
export interface Optimizer<Averages extends string> {
  /** The state before the first update. */
  init<P>(parameters: P): OptimizerState<P, Averages>;
  /**
   * One update.
   * @param gradients a tree of the parameters' names and shapes
   * @throws GraphError that names the place where the trees differ, or what is not float32
   */
  update<P>(
    gradients: P,
    state: OptimizerState<P, Averages>,
    parameters: P,
  ): { parameters: P; state: OptimizerState<P, Averages> };
}

/** What an update does to one parameter: what becomes of it, and of its averages in their order. */
type Change = (
  leaf: { parameter: tf.Tensor; gradient: tf.Tensor; averages: tf.Tensor[]; path: string },
  shared: { rate: tf.Tensor; step: tf.Tensor },
) => { parameter: tf.Tensor; averages: tf.Tensor[] };

/**
 * Makes an optimizer of what it does to one parameter.
 * @param change its `step` is a float32 scalar, 1 at the first update
 */
export function optimizer<const Averages extends readonly string[]>(
  averages: Averages,
  learningRate: number | Schedule,
  change: Change,
): Optimizer<Averages[number]> {
  const isRate = Number.isFinite(learningRate) && (learningRate as number) >= 0;
  if (!isRate && typeof learningRate !== 'function') {
    refuseOption('learningRate', learningRate, 'a number from 0 on or a schedule');
  }
  const schedule = typeof learningRate === 'number' ? constant(learningRate) : learningRate;
  const stateOf = <P>(step: tf.Tensor, trees: readonly unknown[]) =>
    ({
      step,
      ...Object.fromEntries(averages.map((name, i) => [name, trees[i]])),
    }) as unknown as OptimizerState<P, Averages[number]>;
  return {
    init: <P>(parameters: P) =>
      tf.tidy(() => {
        const { leaves, structure } = leavesOf(parameters, 'parameter');
        const zeros = averages.map(() =>
          unflatten(
            structure,
            leaves.map(({ value }) => tf.zeros(value.shape)),
          ),
        );
        return stateOf<P>(tf.scalar(0, 'int32'), zeros) as never;
      }) as OptimizerState<P, Averages[number]>,
    update: <P>(
      gradients: P,
      state: OptimizerState<P, Averages[number]>,
      parameters: P,
    ): { parameters: P; state: OptimizerState<P, Averages[number]> } =>
      tf.tidy(() => {
        const { leaves, structure } = leavesOf(parameters, 'parameter');
        const gradientLeaves = alike(leaves, gradients, 'gradient');
        const averageLeaves = averages.map((name) =>
          alike(leaves, (state as Record<string, unknown>)[name], `state's ${name}`),
        );
        const next = intAdd(state.step, 1);
        const shared = { rate: schedule(state.step), step: tf.cast(next, 'float32') };
        const changed = leaves.map(({ path, value }, i) =>
          change(
            {
              path,
              parameter: value,
              gradient: gradientLeaves[i]!,
              averages: averageLeaves.map((tensors) => tensors[i]!),
            },
            shared,
          ),
        );
        const treeOf = (tensors: tf.Tensor[]) => unflatten(structure, tensors);
        const trees = averages.map((_, k) => treeOf(changed.map((it) => it.averages[k]!)));
        return {
          parameters: treeOf(changed.map(({ parameter }) => parameter)),
          state: stateOf<P>(next, trees),
        } as never;
      }) as { parameters: P; state: OptimizerState<P, Averages[number]> },
  };
}

/** A tree's leaves, which are float32. */
export function leavesOf(
  tree: unknown,
  what: string,
): { leaves: Leaf<tf.Tensor>[]; structure: Structure } {
  const found = flatten<tf.Tensor>(tree, what);
  for (const { path, value } of found.leaves) {
    if (value.dtype === 'float32') continue;
    throw new GraphError(
      `${place(what, path)} is ${value.dtype}; optimizers work on float32.`,
      'keep what is not trained in another tree',
    );
  }
  return found;
}

/** The tensors of a tree in the parameters' order; a shape that merely broadcasts would go unnoticed. */
function alike(parameters: readonly Leaf<tf.Tensor>[], tree: unknown, what: string): tf.Tensor[] {
  const { leaves } = leavesOf(tree, what);
  const known = new Map(leaves.map(({ path, value }) => [path, value]));
  const tensors = parameters.map(({ path, value }) => {
    const tensor = known.get(path);
    known.delete(path);
    if (tensor !== undefined && tf.util.arraysEqual(tensor.shape, value.shape)) return tensor;
    const found = tensor === undefined ? 'missing' : formatSpec(tensor as never);
    throw new GraphError(
      `${place(what, path)} is ${found}, but the parameter is ${formatSpec(value as never)}.`,
      'give gradients and state as trees of the parameters’ names and shapes',
    );
  });
  const [unknown] = known.keys();
  if (unknown === undefined) return tensors;
  throw new GraphError(`${place(what, unknown)} belongs to no parameter.`);
}
