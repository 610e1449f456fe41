import type { Tensor } from '@tensorflow/tfjs-core';

/** What a tensor is to training, and what it is before it: `kaiming` draws it, see `initialModel`. */
export const roles = {
  weight: { changedBy: 'optimizer', initial: 'kaiming' },
  bias: { changedBy: 'optimizer', initial: 0 },
  /** A bias in front of BatchNorm, which takes it away again (docs/decisions/0003-held-biases.md). */
  heldBias: { changedBy: 'nothing', initial: 0 },
  scale: { changedBy: 'optimizer', initial: 1 },
  shift: { changedBy: 'optimizer', initial: 0 },
  runningMean: { changedBy: 'statistics', initial: 0 },
  runningVariance: { changedBy: 'statistics', initial: 1 },
} as const satisfies Record<
  string,
  { changedBy: 'optimizer' | 'statistics' | 'nothing'; initial: 'kaiming' | number }
>;

export interface TensorSpec {
  name: string;
  shape: number[];
  role: keyof typeof roles;
  /** The layer that it belongs to, see {@link Layer}. */
  layer: string;
  /** A weight's inputs to each output: they decide its initial values. */
  fanIn?: number;
  /** Whether weight decay applies. */
  decays: boolean;
}

/** A row of the summary. */
export interface Layer {
  name: string;
  type: string;
  /** The shape of one example's output. */
  output: number[];
  /** For one example; as many as the layer has parameters unless given. */
  multiplyAdds?: number;
}

/**
 * The layers that networks are made of. Training, inference and what describes a network to other
 * programs have their own, so that a network says once what it computes. Layers find their tensors by
 * their own name.
 */
export interface Layers<Value = Tensor> {
  /** x W + b, with {layer}.weight and {layer}.bias. */
  linear(x: Value, layer: string): Value;
  /**
   * A linear layer and BatchNorm. What follows takes the linear layer's bias away again, so that it
   * is a `heldBias`. BatchNorm has {norm}.weight, .bias, .running_mean and .running_var.
   */
  normalisedLinear(x: Value, layer: string, norm: string): Value;
  /**
   * The 3 x 3 convolution {layer}.weight of [n, height, width, channels], zeros around the image, and
   * BatchNorm over examples and places, with tensors as {@link Layers.normalisedLinear} has them.
   */
  normalisedConvolution(x: Value, layer: string, norm: string): Value;
  /** Flattened images as [n, height, width, channels]. */
  images(x: Value, image: Image): Value;
  /** The largest of every 2 x 2 places; a last odd row or column is left out. */
  maxPool(x: Value): Value;
  /** The mean over all places: [n, channels]. */
  globalAverage(x: Value): Value;
  gelu(x: Value): Value;
  relu(x: Value): Value;
  add(a: Value, b: Value): Value;
  /** @param site names the place, so that it draws for itself: counted from 1 */
  dropout(x: Value, rate: number, site: number): Value;
}

/** What a forward pass may compute with besides layers, where it computes with tensors. */
export interface TensorTools<Value> {
  /** The network's tensors, by name. */
  parameters: Readonly<Record<string, Value>>;
  /** Whether it learns: on the batch's own statistics, with dropout. */
  training: boolean;
  /** BatchNorm over all dimensions but the last, with tensors as {@link Layers.normalisedLinear} has them. */
  batchNorm(x: Value, norm: string): Value;
}

/** The size of images. A type, not an interface: it is part of JSON. */
export type Image = {
  height: number;
  width: number;
  channels: number;
};

/** What the dataset decides of a network. */
export interface Ends {
  /** Features of one flattened image. */
  inputs: number;
  classes: number;
  /** Of the kinds that see images: theirs, of as many values as there are inputs. */
  image?: Image | undefined;
}

/**
 * One kind of network: beside it stands the schema of its options, in which the field `architecture`
 * is a literal with the kind's name. It must not load tfjs, since settings and workflows read it.
 */
export interface Architecture<Options> {
  /** In a sentence, after an article. */
  noun: string;
  /** Whether it needs to know how values lie in an image; else they are a list to it. */
  seesImages: boolean;
  /** What it is made of, in one phrase. */
  describe(network: Ends & Options): string;
  /** All that must be equal for parameters to mean the same, as text: it is compared and shown. */
  shape(network: Ends & Options): string;
  /** Every tensor, in the order of the forward pass. */
  tensors(network: Ends & Options): TensorSpec[];
  /** The table of layers, from the input on. */
  layers(network: Ends & Options): Layer[];
  /**
   * @param x normalised images, [n, inputs]
   * @returns logits, [n, classes]
   */
  forward<Value>(
    x: Value,
    network: Ends & Options,
    layers: Layers<Value>,
    tools?: TensorTools<Value>,
  ): Value;
}
