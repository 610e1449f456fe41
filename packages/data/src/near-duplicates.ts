import { type ImageShape, imageAt } from './image-shape.ts';
import type { Split, SplitName } from './split.ts';
import { imageIn, partsOf, type SplitRows } from './split-rows.ts';

/** A picture that looks like one of an earlier split. */
export interface Likeness {
  split: SplitName;
  /** Its position in its split. */
  at: number;
  earlier: { split: SplitName; at: number };
}

/** Mean difference of the pixels' values, of 255. */
const mostDifference = 6;

/** A hash has signed means of the brightness of 4 x 4 cells … */
const side = 4;
const means = side * side;
/** … and the brightness of 8 x 8 cells. */
const fineSide = 8;
const cells = fineSide * fineSide;
/** Parts of a value that they tell apart. */
const meanParts = 64;
const cellParts = 4;
/** How far apart they are at most where pictures look alike: each mean, and all cells together. */
const meanReach = mostDifference * meanParts + 1;
const cellReach = mostDifference * cellParts * cells + cells;

/**
 * Finds pictures that look like one of an earlier split, as copies do that were saved again or in
 * another size, without being equal to it in every pixel: all whose values differ by 6 of 255 in the
 * mean. A perceptual hash, {@link hashesOf}, says which need not be compared. Held are 168 bytes for each
 * picture; time grows with the square of their number.
 * @param splits in their order
 * @returns for each picture the first like one of each earlier split
 */
export function* findLikenesses(splits: readonly (Split | SplitRows)[]): Generator<Likeness> {
  const earlier: Hashed[] = [];
  for (const split of splits) {
    const own = hashed(split);
    const places = new Int32Array(own.order.length);
    for (const [place, at] of own.order.entries()) places[at] = place;
    for (const [at, place] of places.entries())
      for (const other of earlier) {
        const found = firstLike(own, place, other);
        if (found !== undefined)
          yield { split: split.name, at, earlier: { split: other.split.name, at: found } };
      }
    earlier.push(own);
  }
}

interface Hashes {
  /** [n, 16] */
  means: Int16Array;
  /** [n, 64] */
  cells: Uint16Array;
}

/** The pictures of a split in the order of the first means of their hashes. */
interface Hashed extends Hashes {
  split: Split | SplitRows;
  /** Their positions in the split. */
  order: Int32Array;
}

function hashed(split: Split | SplitRows): Hashed {
  const found = hashesOf(split);
  const order = Int32Array.from(split.labels.keys());
  order.sort((a, b) => found.means[means * a]! - found.means[means * b]! || a - b);
  return {
    ...{ split, order },
    means: inOrder(found.means, order),
    cells: inOrder(found.cells, order),
  };
}

/** The rows of an array in another order. */
function inOrder<Rows extends Int16Array | Uint16Array>(rows: Rows, order: Int32Array): Rows {
  const sorted = rows.slice() as Rows;
  const width = rows.length / order.length;
  for (const [place, at] of order.entries())
    sorted.set(rows.subarray(width * at, width * (at + 1)), width * place);
  return sorted;
}

/** The first picture of another split that looks like the one at a place of a split's order. */
function firstLike(own: Hashed, at: number, other: Hashed): number | undefined {
  const mean = own.means[means * at]!;
  let image: Uint8Array | undefined;
  let first: number | undefined;
  for (let place = placeOf(mean - meanReach, other.means); place < other.order.length; place++) {
    if (other.means[means * place]! > mean + meanReach) break;
    if (!areNear(own, at, other, place)) continue;
    const candidate = other.order[place]!;
    if (first !== undefined && candidate > first) continue;
    image ??= imageIn(own.split, own.order[at]!);
    if (looksLike(image, imageIn(other.split, candidate))) first = candidate;
  }
  return first;
}

/** Where in their order the first means reach a value. */
function placeOf(value: number, rows: Int16Array): number {
  let [from, to] = [0, rows.length / means];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (rows[means * middle]! < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Whether two hashes may be of pictures that look alike. */
function areNear(a: Hashes, at: number, b: Hashes, place: number): boolean {
  for (let i = 1; i < means; i++)
    if (Math.abs(a.means[means * at + i]! - b.means[means * place + i]!) > meanReach) return false;
  let difference = 0;
  for (let i = 0; i < cells; i++)
    difference += Math.abs(a.cells[cells * at + i]! - b.cells[cells * place + i]!);
  return difference <= cellReach;
}

/**
 * A picture's brightness in 8 x 8 cells, as a share of all of it, and the Walsh-Hadamard transform of
 * that in 4 x 4: its mean, and by how much some cells are brighter than the others, in 16 patterns.
 * Each of these is a mean of the pixels with signs, so that none differs by more between two pictures
 * than their pixels do in the mean; nor do the cells together.
 */
function hashesOf(split: Split | SplitRows): Hashes {
  const n = split.labels.length;
  const found = { means: new Int16Array(means * n), cells: new Uint16Array(cells * n) };
  let at = 0;
  for (const { images, shape, labels } of partsOf(split))
    for (let i = 0; i < labels.length; i++, at++) {
      const size = images.length / labels.length;
      const sums = cellSums(imageAt(images, shape, i), shape);
      for (const [c, sum] of sums.entries())
        found.cells[cells * at + c] = Math.round((cellParts * cells * sum) / size);
      for (const [c, sum] of transformed(coarser(sums)).entries())
        found.means[means * at + c] = Math.round((meanParts * sum) / size);
    }
  return found;
}

/** The sum of the values in each of 8 x 8 cells. */
function cellSums(image: Uint8Array, { height, width, channels }: ImageShape): Float64Array {
  const sums = new Float64Array(cells);
  let i = 0;
  for (let y = 0; y < height; y++) {
    const row = fineSide * Math.floor((fineSide * y) / height);
    for (let x = 0; x < width; x++) {
      const cell = row + Math.floor((fineSide * x) / width);
      for (let channel = 0; channel < channels; channel++) sums[cell]! += image[i++]!;
    }
  }
  return sums;
}

/** The same in 4 x 4 cells. */
function coarser(sums: Float64Array): Float64Array {
  const coarse = new Float64Array(means);
  for (const [c, sum] of sums.entries()) {
    const [row, column] = [Math.floor(c / fineSide), c % fineSide];
    coarse[side * (row >> 1) + (column >> 1)]! += sum;
  }
  return coarse;
}

function transformed(sums: Float64Array): Float64Array {
  for (let half = 1; half < means; half *= 2)
    for (let i = 0; i < means; i++)
      if ((i & half) === 0) {
        const [a, b] = [sums[i]!, sums[i + half]!];
        [sums[i], sums[i + half]] = [a + b, a - b];
      }
  return sums;
}

/** Not where they are equal: these are duplicates. */
function looksLike(a: Uint8Array, b: Uint8Array): boolean {
  const most = mostDifference * a.length;
  let difference = 0;
  for (let i = 0; i < a.length && difference <= most; i++) difference += Math.abs(a[i]! - b[i]!);
  return difference > 0 && difference <= most;
}
