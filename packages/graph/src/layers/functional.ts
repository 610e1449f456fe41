import * as tf from '@tensorflow/tfjs-core';
import { GraphError } from '../graph-error.ts';
import { replace } from '../hooks.ts';
import type { Key } from '../random.ts';
import { formatSpec } from '../tree.ts';
import { allLayers, type Layer, type LayersModel, type LayerVariable } from './model.ts';
import { drawFrom } from './noise.ts';

/** Tensors by the names of the model's weights. */
export type Weights = Record<string, tf.Tensor>;

export interface ModelWeights {
  /** What is trained: the model's trainable weights. */
  parameters: Weights;
  /** What is not: moving means and variances of batchNormalization, and the weights of frozen layers. */
  state: Weights;
}

export interface FunctionalModel<X, Y> {
  /** Copies of the model's present weights, the caller's to dispose. */
  weights(): ModelWeights;
  /**
   * What the model gives for `x` with these weights, and its state afterwards, which in training has moved.
   * Both are the caller's to dispose. Eager or traced, differentiable, and without an effect on the model.
   * @param x a tensor, or several in an array, as the model takes them
   * @param options.training as of `model.apply`: dropout draws, batchNormalization takes the batch's moments
   * @param options.key where layers draw from; another one for every step
   * @throws GraphError that names a weight of another place or shape, or a layer that draws without a key
   */
  apply(
    weights: ModelWeights,
    x: X,
    options?: { training?: boolean; key?: Key },
  ): { output: Y; state: Weights };
  /** The sum of the layers' regularizers, a scalar to add to the loss; 0 where there are none. */
  penalty(weights: ModelWeights): tf.Tensor;
  /** Gives the model these weights, to predict with, evaluate or save. */
  assign(weights: ModelWeights): void;
}

/**
 * A model of tf.layers as pure functions of its weights, which jit, compile and compileLoop take.
 * @typeParam Y what the model gives: a tensor, or an array of them
 * @throws GraphError for a layer with `stateful: true` and a weight's constraint
 */
export function functional<
  Y extends tf.Tensor | tf.Tensor[] = tf.Tensor,
  X extends tf.Tensor | tf.Tensor[] = tf.Tensor,
>(model: LayersModel): FunctionalModel<X, Y> {
  const layers = allLayers(model);
  refuse(model, layers);
  // Frozen layers and the order of weights are as they are now.
  const kinds = { parameters: model.trainableWeights, state: model.nonTrainableWeights };
  const variables = [...kinds.parameters, ...kinds.state];

  const read = (from: readonly LayerVariable[]): Weights =>
    Object.fromEntries(from.map((variable) => [variable.name, tf.clone(variable.read())]));

  /** Runs `fn` while the layers read these weights; what they write goes back into the weights. */
  const withWeights = <T>(weights: ModelWeights, fn: (now: Map<string, tf.Tensor>) => T): T => {
    const now = new Map([
      ...checked(kinds.parameters, weights.parameters, 'parameters'),
      ...checked(kinds.state, weights.state, 'state'),
    ]);
    const undo = variables.flatMap((variable) => [
      replace(variable, 'read', () => now.get(variable.name)!),
      replace(variable, 'write', (value) => {
        now.set(variable.name, written(value));
        return variable;
      }),
    ]);
    try {
      return fn(now);
    } finally {
      for (const it of undo) it();
    }
  };

  /** Layers write inside of tf.tidy, which would take what they wrote. */
  const kept: tf.Tensor[] = [];
  const written = (value: tf.Tensor): tf.Tensor => {
    kept.push(tf.keep(tf.clone(value)));
    return kept.at(-1)!;
  };

  return {
    weights: () => ({ parameters: read(kinds.parameters), state: read(kinds.state) }),
    apply: (weights, x, { training = false, key } = {}) =>
      tf.tidy(() => {
        const restore = drawFrom(key, layers, training);
        try {
          return withWeights(weights, (now) => {
            const output = model.apply(x as never, { training } as never);
            const state = kinds.state.map(({ name }) => [name, tf.clone(now.get(name)!)] as const);
            return { output, state: Object.fromEntries(state) } as never;
          });
        } finally {
          restore();
          tf.dispose(kept.splice(0));
        }
      }) as { output: Y; state: Weights },
    penalty: (weights) =>
      tf.tidy(() =>
        withWeights(weights, () => {
          const losses = model.calculateLosses();
          return losses.reduce<tf.Tensor>((sum, loss) => tf.add(sum, loss), tf.scalar(0));
        }),
      ),
    assign: ({ parameters, state }) => {
      for (const [variable, value] of [
        ...paired(kinds.parameters, parameters, 'parameters'),
        ...paired(kinds.state, state, 'state'),
      ]) {
        variable.write(value);
      }
    },
  };
}

function refuse(model: LayersModel, layers: readonly Layer[]): void {
  const isModel = (layer: Layer) => 'layers' in layer;
  const stateful = layers.find((layer) => !isModel(layer) && layer.stateful === true);
  if (stateful !== undefined) {
    throw new GraphError(
      `The layer "${stateful.name}" is stateful: what it carries from call to call is no weight.`,
      'build it with stateful: false and returnState: true, and pass its state as initialState',
    );
  }
  const constrained = model.trainableWeights.find((it) => (it.constraint ?? null) !== null);
  if (constrained !== undefined) {
    throw new GraphError(
      `The weight "${constrained.name}" has a constraint, which tf.layers applies when it assigns.`,
      'build the layer without, and apply the constraint to what the optimizer gives',
    );
  }
}

const checked = (variables: readonly LayerVariable[], weights: Weights, what: string) =>
  paired(variables, weights, what).map(([{ name }, value]) => [name, value] as const);

function paired(
  variables: readonly LayerVariable[],
  weights: Weights,
  what: string,
): [LayerVariable, tf.Tensor][] {
  const unknown = Object.keys(weights).find((name) => !variables.some((it) => it.name === name));
  if (unknown !== undefined) {
    throw new GraphError(
      `${what} "${unknown}" is no weight of the model; there are ${variables.map(({ name }) => name).join(', ')}.`,
    );
  }
  return variables.map((variable) => {
    const { shape } = variable;
    const value = weights[variable.name];
    if (value !== undefined && `${value.shape}` === `${shape}`) return [variable, value];
    const found = value === undefined ? 'missing' : formatSpec(value as never);
    throw new GraphError(
      `${what} "${variable.name}" is ${found}; the model has float32 [${shape.join(', ')}].`,
      'take the weights from weights(), and keep their names and shapes',
    );
  });
}
