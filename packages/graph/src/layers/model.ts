import type * as tf from '@tensorflow/tfjs-core';

/**
 * What of tf.layers is relied on, in words of its own: any copy of tf.layers will do (that of
 * `@tensorflow/tfjs`, of tfjs-node or of tfjs-layers), and nobody needs one who does not use it.
 */
export interface LayerVariable {
  readonly name: string;
  readonly shape: readonly (number | null)[];
  readonly constraint?: unknown;
  read(): tf.Tensor;
  write(value: tf.Tensor): unknown;
}

export interface Layer {
  readonly name: string;
  readonly trainableWeights: LayerVariable[];
  readonly nonTrainableWeights: LayerVariable[];
  /** A recurrent layer that carries its state from call to call. */
  readonly stateful: boolean;
  getClassName(): string;
}

export interface LayersModel extends Layer {
  readonly layers: Layer[];
  apply(inputs: never, options?: never): unknown;
  /** What the regularizers of its layers give. */
  calculateLosses(): tf.Tensor[];
}

/** What layers hold beside that, by their class. */
interface Parts {
  layers?: Layer[];
  /** TimeDistributed. */
  layer?: Layer;
  /** Bidirectional. */
  forwardLayer?: Layer;
  backwardLayer?: Layer;
  /** RNN, and StackedRNNCells. */
  cell?: Layer;
  cells?: Layer[];
}

/** A model's layers, those inside of others included. */
export function allLayers(model: Layer): Layer[] {
  const found = new Set<Layer>();
  const visit = (layer: Layer | undefined) => {
    if (layer === undefined || layer === null || found.has(layer)) return;
    found.add(layer);
    const parts = layer as unknown as Parts;
    const { layer: inner, forwardLayer, backwardLayer, cell } = parts;
    const several = [...(parts.layers ?? []), ...(parts.cells ?? [])];
    for (const it of [...several, inner, forwardLayer, backwardLayer, cell]) visit(it);
  };
  visit(model);
  return [...found];
}
