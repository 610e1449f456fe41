import { type ImageShape, imageSize } from '@atelier/data/image-shape';
import {
  type Int,
  intAdd,
  intMax,
  intMin,
  intMul,
  iota,
  materialize,
  randomUniform,
} from '@atelier/graph';
import {
  add,
  cast,
  div,
  fill,
  floor,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  mul,
  ones,
  reshape,
  sub,
  type Tensor,
  tensor2d,
  unstack,
  where,
  zeros,
} from '@tensorflow/tfjs-core';
import { maximumPixels, type PixelStore, pixelsAt } from './pixel-store.ts';
import type { Augmentation, AugmentationName } from './recipe.ts';

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

/** How images are placed: about their centre, then moved by pixels. All tensors are [n, 1]. */
interface Placement {
  size: Tensor;
  /** -1 where an image is mirrored, else 1. */
  mirrorOfColumns: Tensor;
  shiftOfRows: Tensor;
  shiftOfColumns: Tensor;
}

/** From [0, 1) to [-1, 1). */
const signed = (u: Tensor): Tensor => sub(mul(u, 2), 1);

/**
 * What every augmentation makes of its draws, each uniform and [n, 1]. Their order is that of the
 * draws: a new one comes last, and leaves those of the others as they are.
 */
const ways: Record<
  AugmentationName,
  {
    draws: number;
    place(draws: Tensor[], strength: number, image: ImageShape): Partial<Placement>;
  }
> = {
  flip: {
    draws: 1,
    place: ([u], probability) => ({
      mirrorOfColumns: sub(1, mul(2, cast(less(u!, probability), 'float32'))),
    }),
  },
  scale: {
    draws: 1,
    place: ([u], largest) => ({ size: add(mul(signed(u!), largest), 1) }),
  },
  translate: {
    draws: 2,
    place: ([u, v], largest, { height, width }) => ({
      shiftOfRows: mul(signed(u!), largest * height),
      shiftOfColumns: mul(signed(v!), largest * width),
    }),
  },
};

/** Draws a place for every image; undefined where nothing is changed. */
function placementOf(
  augmentation: Augmentation,
  n: number,
  image: ImageShape,
  key: RandomKey,
): Placement | undefined {
  let [from, count] = [0, 0];
  const used = (Object.keys(ways) as AugmentationName[]).flatMap((name) => {
    const first = from;
    from += ways[name].draws;
    if (augmentation[name] === 0) return [];
    count = from;
    return [{ name, first }];
  });
  if (used.length === 0) return undefined;
  const draws = unstack(materialize(randomUniform([count, n], key))).map((u) => reshape(u, [n, 1]));
  const [one, zero] = [ones([n, 1]), zeros([n, 1])];
  const placement: Placement = {
    ...{ size: one, mirrorOfColumns: one, shiftOfRows: zero, shiftOfColumns: zero },
  };
  for (const { name, first } of used) {
    const own = draws.slice(first, first + ways[name].draws);
    Object.assign(placement, ways[name].place(own, augmentation[name], image));
  }
  return placement;
}

/**
 * Images changed by draws of their own (torchvision's RandomHorizontalFlip and RandomAffine, with
 * shifts that are not rounded). What lies outside the original is 0.
 * @param ids int32 [n], positions in the store
 * @returns float32 from 0 to 255, [n, height * width * channels]
 */
export function augmentedImages(
  store: PixelStore,
  ids: Tensor,
  augmentation: Augmentation,
  key: RandomKey,
): Tensor {
  const { pixels, height, width, channels } = store;
  const n = ids.shape[0]!;
  const placement = placementOf(augmentation, n, store, key);
  if (placement === undefined) return plainImages(store, ids);
  const { size, mirrorOfColumns, shiftOfRows, shiftOfColumns } = placement;
  const { interpolation } = augmentation;
  const rows = taps(sourcePositions(height, shiftOfRows, div(1, size)), interpolation, height);
  const columns = taps(
    sourcePositions(width, shiftOfColumns, div(mirrorOfColumns, size)),
    interpolation,
    width,
  );
  // A row of an image is its pixels' values, one after another.
  const rowSize = width * channels;
  const starts = intMul(reshape(ids, [n, 1]), imageSize(store));
  const parts = rows.flatMap((row) => {
    const rowStart = positionIf(row.inside, intAdd(starts, intMul(row.index, rowSize)));
    return columns.map((column) => {
      const offset = offsetsOf(column, channels);
      const position = intAdd(reshape(rowStart, [n, height, 1]), reshape(offset, [n, 1, rowSize]));
      // The reading loop is not vectorised; kept apart from it, finding positions is.
      const value = pixelsAt(pixels, materialize(intMin(position, pixels.size - 1)));
      return row.weight === undefined || column.weight === undefined
        ? value
        : mul(
            value,
            mul(
              reshape(row.weight, [n, height, 1]),
              reshape(ofEachChannel(column.weight, channels), [n, 1, rowSize]),
            ),
          );
    });
  });
  return reshape(parts.reduce(add), [n, imageSize(store)]);
}

/** A position beyond every pixel where `inside` is false: it reads the store's final zero. */
function positionIf(inside: Tensor, position: Tensor): Tensor {
  return materialize(where(inside, position, fill(position.shape, maximumPixels, 'int32')));
}

/** Offsets in a row of what a tap of the columns reads: int32 [n, width * channels]. */
function offsetsOf({ inside, index }: Tap, channels: number): Tensor {
  if (channels === 1) return positionIf(inside, index);
  const first = positionIf(inside, intMul(index, channels));
  const [n, width] = first.shape as [number, number];
  const each = intAdd(reshape(first, [n, width, 1]), reshape(iota(channels), [1, 1, channels]));
  return reshape(each, [n, width * channels]);
}

/** Repeats what holds for a pixel for each of its values: [n, width] to [n, width * channels]. */
function ofEachChannel(values: Tensor, channels: number): Tensor {
  if (channels === 1) return values;
  const [n, width] = values.shape as [number, number];
  const repeated = mul(reshape(values, [n, width, 1]), fill([1, 1, channels], 1));
  return reshape(repeated, [n, width * channels]);
}

/** Where each output position comes from: centre + (position - centre - shift) * factor. */
function sourcePositions(size: number, shift: Tensor, factor: Tensor): Tensor {
  const centre = (size - 1) / 2;
  const positions = tensor2d(
    Array.from({ length: size }, (_, i) => i - centre),
    [1, size],
  );
  return add(mul(sub(positions, shift), factor), centre);
}

/** One of the original positions that an output position reads along one axis. */
interface Tap {
  /** int32, clamped to the axis, [n, size] */
  index: Tensor;
  /** bool, false where the position lies outside, [n, size] */
  inside: Tensor;
  /** float32 [n, size]; undefined for 1 */
  weight: Tensor | undefined;
}

function taps(source: Tensor, interpolation: Augmentation['interpolation'], size: number): Tap[] {
  const tap = (position: Tensor, weight?: Tensor): Tap => {
    const index = cast(position, 'int32');
    return {
      index: intMin(intMax(index, 0), size - 1),
      inside: logicalAnd(greaterEqual(index, 0), lessEqual(index, size - 1)),
      weight,
    };
  };
  if (interpolation === 'nearest') return [tap(floor(add(source, 0.5)))];
  const before = floor(source);
  const fraction = sub(source, before);
  return [tap(before, sub(1, fraction)), tap(add(before, 1), fraction)];
}
