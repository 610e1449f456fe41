import { type ImageShape, imageSize } from '@atelier/data/image-shape';
import { type Int, intAdd, intMul, iota, materialize, randomUniform } from '@atelier/graph';
import {
  add,
  cast,
  floor,
  less,
  mul,
  ones,
  reshape,
  sub,
  type Tensor,
  unstack,
  zeros,
} from '@tensorflow/tfjs-core';
import { brightened, contrasted } from './colour-jitter.ts';
import { erased } from './erasing.ts';
import { type PixelStore, pixelsAt } from './pixel-store.ts';
import type { Augmentation } from './recipe.ts';
import { type Placement, resampledImages } from './resampling.ts';

/** Draws of one batch; equal keys draw equally. */
export type RandomKey = Int[];

/**
 * Images as they are.
 * @param ids int32 [n], positions in the store
 * @returns float32 from 0 to 255, [n, height * width * channels]
 */
export function plainImages({ pixels, ...shape }: PixelStore, ids: Tensor): Tensor {
  const size = imageSize(shape);
  const first = intMul(reshape(ids, [-1, 1]), size);
  return pixelsAt(pixels, intAdd(first, reshape(iota(size), [1, size])));
}

/** What augmentations know of the images that they change. */
interface Images extends ImageShape {
  /** The training images' mean from 0 to 1, for each channel if there is more than one. */
  mean: number | readonly number[];
}

/** What an augmentation makes of its draws, each uniform and [n, 1], at a strength above 0. */
interface Placing {
  draws: number;
  /** @param placement what the augmentations before it make of an image's place */
  place(
    draws: Tensor[],
    strength: number,
    images: Images,
    placement: Placement,
  ): Partial<Placement>;
}
interface Changing {
  draws: number;
  /** @param pixels float32 from 0 to 255, [n, height * width * channels] */
  change(pixels: Tensor, draws: Tensor[], strength: number, images: Images): Tensor;
}

/** Augmentations of single images; the others mix the images of a batch, see mixing.ts. */
type AugmentationName = Exclude<keyof Augmentation, 'interpolation' | 'mixup' | 'cutmix'>;

/** From [0, 1) to [-1, 1). */
const signed = (u: Tensor): Tensor => sub(mul(u, 2), 1);

/** Between 1 - strength and 1 + strength. */
const factor = (u: Tensor, strength: number): Tensor => add(mul(signed(u), strength), 1);

/** Whole pixels, each from -padding to padding as likely as the others. */
const wholeShift = (u: Tensor, padding: number): Tensor =>
  sub(floor(mul(u, 2 * padding + 1)), padding);

/**
 * Every augmentation of single images. Their order is that of the draws: a new one comes last, and
 * leaves those of the others as they are. Images are placed first; then pixels change in this order.
 */
const ways: Record<AugmentationName, Placing | Changing> = {
  flip: {
    draws: 1,
    place: ([u], probability) => ({
      mirrorOfColumns: sub(1, mul(2, cast(less(u!, probability), 'float32'))),
    }),
  },
  scale: {
    draws: 1,
    place: ([u], largest) => ({ size: factor(u!, largest) }),
  },
  translate: {
    draws: 2,
    place: ([u, v], largest, { height, width }) => ({
      shiftOfRows: mul(signed(u!), largest * height),
      shiftOfColumns: mul(signed(v!), largest * width),
    }),
  },
  rotate: {
    draws: 1,
    place: ([u], degrees) => ({ angle: mul(signed(u!), (degrees * Math.PI) / 180) }),
  },
  crop: {
    draws: 2,
    place: ([u, v], padding, _, { shiftOfRows, shiftOfColumns }) => ({
      shiftOfRows: add(shiftOfRows, wholeShift(u!, padding)),
      shiftOfColumns: add(shiftOfColumns, wholeShift(v!, padding)),
    }),
  },
  brightness: {
    draws: 1,
    change: (pixels, [u], largest) => brightened(pixels, factor(u!, largest)),
  },
  contrast: {
    draws: 1,
    change: (pixels, [u], largest, { channels }) =>
      contrasted(pixels, factor(u!, largest), channels),
  },
  erase: {
    draws: 5,
    change: (pixels, [u, ...draws], probability, images) =>
      erased(pixels, less(u!, probability), draws, images),
  },
};

/** Of each augmentation that is on, its draws, each uniform from [0, 1) and [n, 1]. */
export type Draws = Partial<Record<AugmentationName, Tensor[]>>;

export function drawsOf(augmentation: Augmentation, n: number, key: RandomKey): Draws {
  let [from, count] = [0, 0];
  const used = (Object.keys(ways) as AugmentationName[]).flatMap((name) => {
    const first = from;
    from += ways[name].draws;
    if (augmentation[name] === 0) return [];
    count = from;
    return [{ name, first }];
  });
  if (used.length === 0) return {};
  const draws = unstack(materialize(randomUniform([count, n], key))).map((u) => reshape(u, [n, 1]));
  return Object.fromEntries(
    used.map(({ name, first }) => [name, draws.slice(first, first + ways[name].draws)]),
  );
}

/**
 * Images changed by draws of their own (torchvision's RandomHorizontalFlip, RandomAffine with
 * shifts that are not rounded, RandomCrop with padding, ColorJitter's brightness and then contrast,
 * and RandomErasing). What lies outside the original is 0, what is erased the training images' mean.
 * @param ids int32 [n], positions in the store
 * @param mean the training images' from 0 to 1, see Normalisation
 * @returns float32 from 0 to 255, [n, height * width * channels]
 */
export function augmentedImages(
  store: PixelStore,
  ids: Tensor,
  augmentation: Augmentation,
  draws: Draws,
  mean: Images['mean'],
): Tensor {
  const images = { ...store, mean };
  const placement = placementOf(augmentation, draws, images);
  const placed =
    placement === undefined
      ? plainImages(store, ids)
      : resampledImages(store, ids, placement, augmentation.interpolation);
  return used(draws).reduce((pixels, [name, own]) => {
    const way = ways[name];
    // Read once, though it is read from several times.
    return 'change' in way
      ? way.change(materialize(pixels), own, augmentation[name], images)
      : pixels;
  }, placed);
}

const used = (draws: Draws) => Object.entries(draws) as [AugmentationName, Tensor[]][];

/** Undefined where no image is moved. */
function placementOf(
  augmentation: Augmentation,
  draws: Draws,
  images: Images,
): Placement | undefined {
  const moving = used(draws).filter(([name]) => 'place' in ways[name]);
  const n = moving[0]?.[1][0]?.shape[0];
  if (n === undefined) return undefined;
  const [one, zero] = [ones([n, 1]), zeros([n, 1])];
  const placement: Placement = {
    ...{ size: one, mirrorOfColumns: one, angle: undefined },
    ...{ shiftOfRows: zero, shiftOfColumns: zero },
  };
  for (const [name, own] of moving)
    Object.assign(
      placement,
      (ways[name] as Placing).place(own, augmentation[name], images, placement),
    );
  return placement;
}
