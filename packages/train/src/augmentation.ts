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
  reshape,
  sub,
  type Tensor,
  tensor2d,
  unstack,
  where,
} from '@tensorflow/tfjs-core';
import type { Augmentation } from './configuration.ts';
import { maximumPixels, type PixelStore, pixelsAt } from './pixel-store.ts';

/** Draws of one batch; equal keys draw equally. */
export type RandomKey = Int[];

/**
 * Images as they are.
 * @param ids int32 [n], positions in the store
 * @returns float32 from 0 to 255, [n, height * width]
 */
export function plainImages({ pixels, height, width }: PixelStore, ids: Tensor): Tensor {
  const size = height * width;
  const first = intMul(reshape(ids, [-1, 1]), size);
  return pixelsAt(pixels, intAdd(first, reshape(iota(size), [1, size])));
}

/**
 * Images flipped, then shifted and scaled about their centre, each by draws of its own
 * (torchvision's RandomHorizontalFlip and RandomAffine, with shifts that are not rounded). What
 * lies outside the original is 0.
 * @param ids int32 [n], positions in the store
 * @returns float32 from 0 to 255, [n, height * width]
 */
export function augmentedImages(
  store: PixelStore,
  ids: Tensor,
  { flip, translate, scale, interpolation }: Augmentation,
  key: RandomKey,
): Tensor {
  const { pixels, height, width } = store;
  const n = ids.shape[0]!;
  const draws = unstack(materialize(randomUniform([4, n], key))).map((u) => reshape(u, [n, 1]));
  const [flipDraw, scaleDraw, rowDraw, columnDraw] = draws as [Tensor, Tensor, Tensor, Tensor];
  const signed = (u: Tensor) => sub(mul(u, 2), 1);
  const size = add(mul(signed(scaleDraw), scale), 1);
  const mirror = sub(1, mul(2, cast(less(flipDraw, flip), 'float32')));
  const rows = taps(
    sourcePositions(height, mul(signed(rowDraw), translate * height), div(1, size)),
    interpolation,
    height,
  );
  const columns = taps(
    sourcePositions(width, mul(signed(columnDraw), translate * width), div(mirror, size)),
    interpolation,
    width,
  );
  const starts = intMul(reshape(ids, [n, 1]), height * width);
  const parts = rows.flatMap((row) => {
    const rowStart = positionIf(row.inside, intAdd(starts, intMul(row.index, width)));
    return columns.map((column) => {
      const offset = positionIf(column.inside, column.index);
      const position = intAdd(reshape(rowStart, [n, height, 1]), reshape(offset, [n, 1, width]));
      // The reading loop is not vectorised; kept apart from it, finding positions is.
      const value = pixelsAt(pixels, materialize(intMin(position, pixels.size - 1)));
      return row.weight === undefined || column.weight === undefined
        ? value
        : mul(
            value,
            mul(reshape(row.weight, [n, height, 1]), reshape(column.weight, [n, 1, width])),
          );
    });
  });
  return reshape(parts.reduce(add), [n, height * width]);
}

/** A position beyond every pixel where `inside` is false: it reads the store's final zero. */
function positionIf(inside: Tensor, position: Tensor): Tensor {
  return materialize(where(inside, position, fill(position.shape, maximumPixels, 'int32')));
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
