import { type ImageShape, imageSize } from '@atelier/data/image-shape';
import { wholeSplitBytes } from '@atelier/data/split';
import { UserError } from '@atelier/errors';
import {
  architectureOf,
  type Network,
  parameterCount,
  roles,
  sizeOf,
  tensorSpecs,
} from '@atelier/model/network';
import { frozenTensors } from './freeze.ts';
import type { Recipe } from './recipe.ts';

export interface TrainingSize {
  network: Network;
  recipe: Pick<Recipe, 'batchSize'> & Partial<Pick<Recipe, 'freeze'>>;
  image: ImageShape;
  /** Images of the training split and of the validation split; none where it is not known yet. */
  images: readonly number[];
  /** Bytes of images from which on a split is in shards; `wholeSplitBytes` unless given. */
  mostHeld?: number | undefined;
}

/**
 * How often a step holds the outputs of layers: beside each output there are its gradient and what
 * convolutions make of both. Measured 5.6 times (resnet of 16, 32, 64) to 7.2 times (cnn of 32, 64,
 * 128), by the peaks of batches of 128 and 256.
 */
const heldOfImages = 5;

/** Bytes of a block's images: some hundred steps of a small network, in which the next one is read. */
export const usualBlockBytes = 2 ** 26;

/** The same where no more than so many bytes of images are held. */
export const blockBytesFor = (mostHeld: number): number => Math.min(usualBlockBytes, mostHeld);

/** Bytes for each image of a split in shards: its label and its position, in the head and beside. */
const labelBytes = 10;

/**
 * Bytes that training cannot do without, at the end of an epoch: parameters and two moments, each on
 * the device, as a copy on the host and in the checkpoint's file; in a step the inputs and outputs of
 * every layer; and the images, on the host and on the device, of splits in shards only blocks of them.
 * What else XLA takes comes on top.
 */
export function leastTrainingMemory({
  network,
  recipe,
  image,
  images,
  mostHeld = wholeSplitBytes,
}: TrainingSize): number {
  const outputs = architectureOf(network)
    .layers(network)
    .map(({ output }) => output.reduce((a, b) => a * b, 1));
  const held = network.image === undefined ? 1 : heldOfImages;
  const activations = held * recipe.batchSize * sum(outputs);
  const names = frozenTensors(network, recipe.freeze);
  const frozen = tensorSpecs(network)
    .filter(({ name, role }) => names.has(name) && roles[role].changedBy !== 'statistics')
    .map(sizeOf);
  // What is frozen has no moments.
  const parameters = 9 * parameterCount(network) - 6 * sum(frozen);
  return (
    4 * (parameters + activations) + sum(images.map((count) => heldImages(count, image, mostHeld)))
  );
}

/** Bytes that images of a split take: all of them twice, or two blocks on the host and one beside. */
function heldImages(count: number, image: ImageShape, mostHeld: number): number {
  const bytes = count * imageSize(image);
  return bytes <= mostHeld ? 2 * bytes : 3 * blockBytesFor(mostHeld) + labelBytes * count;
}

/**
 * @param memory bytes that the machine, or the container, has
 * @throws UserError where training cannot fit, with the numbers
 */
export function checkTrainingMemory(size: TrainingSize, memory: number): void {
  const least = leastTrainingMemory(size);
  if (least <= memory) return;
  const { network, recipe, images } = size;
  const parameters = parameterCount(network).toLocaleString('en');
  throw new UserError({
    what: 'This training does not fit into the memory of this machine.',
    where: 'network, recipe.batchSize',
    expected: `at most ${gigabytes(memory)}`,
    found: `at least ${gigabytes(least)}, for ${parameters} parameters with their moments and checkpoint, batches of ${recipe.batchSize}${images.length > 0 ? ` and ${sum(images)} images` : ''}`,
    remedy:
      'start a run with a smaller network, smaller batches or a smaller heldMiB, or train on a larger machine',
    mendedBy: [],
  });
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
