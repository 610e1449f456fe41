import { type ImageShape, imageSize } from '@atelier/data/image-shape';
import { intAdd, intMax, intMin, intMul, iota, materialize } from '@atelier/graph';
import {
  add,
  cast,
  cos,
  div,
  fill,
  floor,
  greaterEqual,
  lessEqual,
  logicalAnd,
  mul,
  reshape,
  sin,
  sub,
  type Tensor,
  tensor2d,
  where,
} from '@tensorflow/tfjs-core';
import { maximumPixels, type PixelStore, pixelsAt } from './pixel-store.ts';
import type { Augmentation } from './recipe.ts';

/**
 * How images are placed: mirrored, scaled and turned about their centre, in this order, and then
 * moved by pixels. All tensors are [n, 1].
 */
export interface Placement {
  size: Tensor;
  /** -1 where an image is mirrored, else 1. */
  mirrorOfColumns: Tensor;
  /** Clockwise, in radians; undefined where no image is turned. */
  angle: Tensor | undefined;
  shiftOfRows: Tensor;
  shiftOfColumns: Tensor;
}

type Interpolation = Augmentation['interpolation'];

/**
 * Images at their places, each sampled once however many changes its place is made of. What lies
 * outside the original is 0.
 * @param ids int32 [n], positions in the store
 * @returns float32 from 0 to 255, [n, height * width * channels]
 */
export function resampledImages(
  store: PixelStore,
  ids: Tensor,
  placement: Placement,
  interpolation: Interpolation,
): Tensor {
  const parts =
    placement.angle === undefined
      ? uprightParts(store, ids, placement, interpolation)
      : turnedParts(store, ids, { ...placement, angle: placement.angle }, interpolation);
  return reshape(parts.reduce(add), [ids.shape[0]!, imageSize(store)]);
}

/** Where images begin in the store: [n, 1]. */
const startsOf = (ids: Tensor, image: ImageShape): Tensor =>
  intMul(reshape(ids, [ids.shape[0]!, 1]), imageSize(image));

/** Rows and columns of images that are not turned come from rows and columns. */
function uprightParts(
  store: PixelStore,
  ids: Tensor,
  { size, mirrorOfColumns, shiftOfRows, shiftOfColumns }: Placement,
  interpolation: Interpolation,
): Tensor[] {
  const { pixels, height, width, channels } = store;
  const n = ids.shape[0]!;
  const rows = taps(sourcePositions(height, shiftOfRows, div(1, size)), interpolation, height);
  const columns = taps(
    sourcePositions(width, shiftOfColumns, div(mirrorOfColumns, size)),
    interpolation,
    width,
  );
  // A row of an image is its pixels' values, one after another.
  const rowSize = width * channels;
  const starts = startsOf(ids, store);
  return rows.flatMap((row) => {
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
}

/** Each pixel of an image that is turned comes from a row and a column of its own. */
function turnedParts(
  store: PixelStore,
  ids: Tensor,
  placement: Placement & { angle: Tensor },
  interpolation: Interpolation,
): Tensor[] {
  const { pixels, height, width, channels } = store;
  const sources = turnedSources(store, placement);
  const rows = taps(sources.rows, interpolation, height);
  const columns = taps(sources.columns, interpolation, width);
  const starts = startsOf(ids, store);
  return rows.flatMap((row) =>
    columns.map((column) => {
      const index = intAdd(intMul(row.index, width), column.index);
      const inside = logicalAnd(row.inside, column.inside);
      const first = positionIf(inside, intAdd(starts, intMul(index, channels)));
      const position = materialize(intMin(eachChannel(first, channels), pixels.size - 1));
      const value = pixelsAt(pixels, position);
      return row.weight === undefined || column.weight === undefined
        ? value
        : mul(value, ofEachChannel(mul(row.weight, column.weight), channels));
    }),
  );
}

/** Where each output pixel comes from: [n, height * width] rows and columns. */
function turnedSources(
  { height, width }: Pick<ImageShape, 'height' | 'width'>,
  { size, mirrorOfColumns, angle, shiftOfRows, shiftOfColumns }: Placement & { angle: Tensor },
): { rows: Tensor; columns: Tensor } {
  const n = angle.shape[0]!;
  const rows = reshape(sub(fromCentre(height), shiftOfRows), [n, height, 1]);
  const columns = reshape(sub(fromCentre(width), shiftOfColumns), [n, 1, width]);
  const ofPixels = (factor: Tensor) => reshape(factor, [n, 1, 1]);
  const cosine = ofPixels(div(cos(angle), size));
  const sine = ofPixels(div(sin(angle), size));
  const turnedRows = sub(mul(rows, cosine), mul(columns, sine));
  const turnedColumns = add(mul(rows, sine), mul(columns, cosine));
  const flat = (source: Tensor, side: number) =>
    reshape(add(source, (side - 1) / 2), [n, height * width]);
  return {
    rows: flat(turnedRows, height),
    columns: flat(mul(turnedColumns, ofPixels(mirrorOfColumns)), width),
  };
}

/** A position beyond every pixel where `inside` is false: it reads the store's final zero. */
function positionIf(inside: Tensor, position: Tensor): Tensor {
  return materialize(where(inside, position, fill(position.shape, maximumPixels, 'int32')));
}

/** Offsets in a row of what a tap of the columns reads: int32 [n, width * channels]. */
const offsetsOf = ({ inside, index }: Tap, channels: number): Tensor =>
  eachChannel(positionIf(inside, channels === 1 ? index : intMul(index, channels)), channels);

/** Positions of every value of pixels, by those of their first: [n, m] to [n, m * channels]. */
function eachChannel(first: Tensor, channels: number): Tensor {
  if (channels === 1) return first;
  const [n, pixels] = first.shape as [number, number];
  const each = intAdd(reshape(first, [n, pixels, 1]), reshape(iota(channels), [1, 1, channels]));
  return reshape(each, [n, pixels * channels]);
}

/** Repeats what holds for a pixel for each of its values: [n, m] to [n, m * channels]. */
function ofEachChannel(values: Tensor, channels: number): Tensor {
  if (channels === 1) return values;
  const [n, pixels] = values.shape as [number, number];
  const repeated = mul(reshape(values, [n, pixels, 1]), fill([1, 1, channels], 1));
  return reshape(repeated, [n, pixels * channels]);
}

/** Where each output position comes from: centre + (position - centre - shift) * factor. */
const sourcePositions = (side: number, shift: Tensor, factor: Tensor): Tensor =>
  add(mul(sub(fromCentre(side), shift), factor), (side - 1) / 2);

/** Positions along an axis, counted from its centre: [1, side]. */
const fromCentre = (side: number): Tensor =>
  tensor2d(
    Array.from({ length: side }, (_, i) => i - (side - 1) / 2),
    [1, side],
  );

/** One of the original positions that each of m output positions reads along one axis. */
interface Tap {
  /** int32, clamped to the axis, [n, m] */
  index: Tensor;
  /** bool, false where the position lies outside, [n, m] */
  inside: Tensor;
  /** float32 [n, m]; undefined for 1 */
  weight: Tensor | undefined;
}

function taps(source: Tensor, interpolation: Interpolation, size: number): Tap[] {
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
