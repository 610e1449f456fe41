// A network of your own, as `npx atelier start --network ./network.ts` trains it.
//
// It may import files of its own, zod, @tensorflow/tfjs-core and @atelier/graph. The contract is in
// docs/networks.md: what this file exports, what it is given, and what is checked before a run.

import { z } from 'zod';

/** What `--networkOptions width=64` may set. What is not set is as the schema says. */
export const options = z.strictObject({
  width: z.int().min(1).default(64),
  dropout: z.number().min(0).lt(1).default(0.2),
});

type Options = z.output<typeof options>;

/** What the data decides: images of height x width x channels, flattened to `inputs` values. */
interface Data {
  inputs: number;
  classes: number;
  image: { height: number; width: number; channels: number };
}

/**
 * Every tensor, in the order of the forward pass. Tensors of two and more dimensions are weights: drawn
 * at random by their inputs (all dimensions but the last), with weight decay. Of one dimension they are
 * biases, and begin with 0. `batchNorm` stands for the four tensors of a BatchNorm, in front of which
 * nothing needs a bias.
 */
export const tensors = ({ inputs, classes, options: { width } }: Data & { options: Options }) => [
  { name: 'fc1.weight', shape: [inputs, width] },
  { batchNorm: 'bn1', features: width },
  { name: 'fc2.weight', shape: [width, width] },
  { batchNorm: 'bn2', features: width },
  { name: 'head.weight', shape: [width, classes] },
  { name: 'head.bias', shape: [classes] },
];

/** The layers used here; docs/networks.md has all. */
interface Layers<Value> {
  linear(x: Value, layer: string): Value;
  normalisedLinear(x: Value, layer: string, norm: string): Value;
  gelu(x: Value): Value;
  add(a: Value, b: Value): Value;
  dropout(x: Value, rate: number, site: number): Value;
}

/**
 * From normalised images, [n, inputs], to logits, [n, classes]. A forward pass of `layers` alone can be
 * exported to every format. `parameters` (the tensors, by name), `training` and `batchNorm(x, 'bn1')` are
 * there, too, for operations of @tensorflow/tfjs-core.
 */
export function forward<Value>(
  x: Value,
  { layers, options: { dropout } }: Data & { options: Options; layers: Layers<Value> },
): Value {
  const first = layers.gelu(layers.normalisedLinear(x, 'fc1', 'bn1'));
  const second = layers.gelu(layers.normalisedLinear(first, 'fc2', 'bn2'));
  return layers.linear(layers.dropout(layers.add(first, second), dropout, 1), 'head');
}
