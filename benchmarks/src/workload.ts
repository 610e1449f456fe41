import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ImageShape, imageSize } from '@atelier/data/image-shape';
import { readDocument } from '@atelier/files';
import {
  type Mlp,
  mlpOptions,
  type Network,
  networkFor,
  networkOptionsSchema,
} from '@atelier/model/network';
import type { Normalisation, Recipe } from '@atelier/train';
import { recipeSchema } from '@atelier/train/recipe';

/** What every contender computes; Python reads the same fields by the same names. */
export interface Workload<N extends Network = Network> {
  network: N;
  recipe: Recipe;
  normalisation: Normalisation;
  image: ImageShape;
  /** Images in memory. */
  examples: number;
  /** Steps of one repetition. */
  steps: number;
  threads: number;
  /** Holds images.u8, labels.u8 and order.i32; see {@link writeData}. */
  directory: string;
}

/** Fashion-MNIST's training images. */
const examples = 60_000;
const image: ImageShape = { height: 28, width: 28, channels: 1 };
const classes = 10;
/** Positions in order.i32: the most that `steps * batchSize` may be. */
const orderLength = 2 ** 19;

const fashionMnist = { normalisation: { mean: 0.286, std: 0.353 }, image, examples };

export type Extent = Pick<Workload, 'steps' | 'threads' | 'directory'>;

/** The reference recipe, with other widths and another batch where they are given. */
export function workload(
  extent: Extent,
  { batchSize, widths }: { batchSize?: number; widths?: number[] } = {},
): Workload<Mlp> {
  const network = { inputs: imageSize(image), classes, ...mlpOptions.parse({ widths }) };
  return { network, recipe: recipeSchema.parse({ batchSize }), ...fashionMnist, ...extent };
}

/** A small convolutional network on images as they are, in batches of 64 unless given. */
export function cnnWorkload(extent: Extent, batchSize = 64): Workload {
  const options = networkOptionsSchema.parse({ architecture: 'cnn', filters: [32, 64] });
  const augmentation = { flip: 0, translate: 0, scale: 0 };
  const recipe = recipeSchema.parse({ batchSize, augmentation });
  return { network: networkFor(options, image, classes), recipe, ...fashionMnist, ...extent };
}

/** The network and recipe of a file below recipes/, its augmentation included. */
export async function recipeWorkload(extent: Extent, name: 'cnn' | 'resnet'): Promise<Workload> {
  const file = fileURLToPath(new URL(`../../recipes/${name}.yaml`, import.meta.url));
  const kind = { name: 'recipe', expected: 'a recipe', remedy: 'correct it' };
  const given = (await readDocument(file, kind)) as Record<'network' | 'recipe', unknown>;
  const network = networkFor(networkOptionsSchema.parse(given.network), image, classes);
  return { network, recipe: recipeSchema.parse(given.recipe), ...fashionMnist, ...extent };
}

/**
 * Writes noise in the shape of Fashion-MNIST: the time of a step does not depend on what the
 * pixels show. images.u8 [examples, height, width], labels.u8 [examples], order.i32 [orderLength]
 */
export async function writeData(directory: string): Promise<void> {
  const images = Uint8Array.from({ length: examples * imageSize(image) }, noise);
  const labels = Uint8Array.from({ length: examples }, (_, i) => noise(0, i) % classes);
  const order = Int32Array.from({ length: orderLength }, (_, i) => (i * 7919) % examples);
  await Promise.all(
    Object.entries({ 'images.u8': images, 'labels.u8': labels, 'order.i32': order }).map(
      ([name, data]) => writeFile(path.join(directory, name), data),
    ),
  );
}

/** A byte for each position, by multiplicative hashing. */
const noise = (_: unknown, i: number): number => Math.imul(i ^ (i >>> 15), 0x2c1b3c6d) >>> 24;

/** Floating-point operations of the matrix products of one step, a multiply-add counted as two. */
export function productOperations({ network, recipe }: Workload<Mlp>): number {
  const sizes = layerSizes(network);
  const forward = sizes.reduce((sum, [a, b]) => sum + a * b, 0);
  const [inputs, outputs] = sizes[0]!;
  // Forward, weight gradients, and input gradients of all layers but the first.
  return 2 * recipe.batchSize * (3 * forward - inputs * outputs);
}

/** [inputs, outputs] of every linear layer, the head included. */
export function layerSizes({ inputs, widths, classes }: Mlp): [number, number][] {
  return [...widths, classes].map((outputs, i) => [widths[i - 1] ?? inputs, outputs]);
}
