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

const side = 4;
const cells = side * side;
/** Parts of a value that a hash tells apart. */
const precision = 64;
/** How far apart the numbers of two hashes are at most where their pictures look alike. */
const reach = mostDifference * precision + 1;

/**
 * Finds pictures that look like one of an earlier split, as copies do that were saved again or in
 * another size, without being equal to it in every pixel: all whose values differ by 6 of 255 in the
 * mean. A perceptual hash of 16 numbers, {@link hashesOf}, says which need not be compared. Held are
 * 40 bytes for each picture; time grows with the square of their number.
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

/** The pictures of a split in the order of the first numbers of their hashes. */
interface Hashed {
  split: Split | SplitRows;
  /** Their positions in the split. */
  order: Int32Array;
  /** [n, 16] */
  hashes: Int16Array;
}

function hashed(split: Split | SplitRows): Hashed {
  const found = hashesOf(split);
  const order = Int32Array.from(split.labels.keys());
  order.sort((a, b) => found[cells * a]! - found[cells * b]! || a - b);
  const hashes = new Int16Array(found.length);
  for (const [place, at] of order.entries())
    hashes.set(found.subarray(cells * at, cells * (at + 1)), cells * place);
  return { split, order, hashes };
}

/** The first picture of another split that looks like the one at a place of a split's order. */
function firstLike(own: Hashed, at: number, { split, hashes, order }: Hashed): number | undefined {
  const hash = own.hashes.subarray(cells * at, cells * (at + 1));
  let image: Uint8Array | undefined;
  let first: number | undefined;
  for (let place = placeOf(hash[0]! - reach, hashes); place < order.length; place++) {
    if (hashes[cells * place]! > hash[0]! + reach) break;
    if (!areNear(hash, hashes, cells * place)) continue;
    const candidate = order[place]!;
    if (first !== undefined && candidate > first) continue;
    image ??= imageIn(own.split, own.order[at]!);
    if (looksLike(image, imageIn(split, candidate))) first = candidate;
  }
  return first;
}

/** Where in their order the first numbers of hashes reach a value. */
function placeOf(value: number, hashes: Int16Array): number {
  let [from, to] = [0, hashes.length / cells];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (hashes[cells * middle]! < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

function areNear(hash: Int16Array, hashes: Int16Array, from: number): boolean {
  for (let i = 1; i < cells; i++) if (Math.abs(hash[i]! - hashes[from + i]!) > reach) return false;
  return true;
}

/**
 * The Walsh-Hadamard transform of a picture's brightness in 4 x 4 cells: its mean, and by how much
 * some cells are brighter than the others, in 16 patterns. Every number is a mean of the pixels with
 * signs, so that none differs by more between two pictures than their pixels do in the mean.
 * @returns [n, 16]
 */
function hashesOf(split: Split | SplitRows): Int16Array {
  const hashes = new Int16Array(cells * split.labels.length);
  let at = 0;
  for (const { images, shape, labels } of partsOf(split))
    for (let i = 0; i < labels.length; i++, at += cells) {
      const sums = transformed(cellSums(imageAt(images, shape, i), shape));
      for (let c = 0; c < cells; c++)
        hashes[at + c] = Math.round((precision * sums[c]!) / (images.length / labels.length));
    }
  return hashes;
}

/** The sum of the values in each cell. */
function cellSums(image: Uint8Array, { height, width, channels }: ImageShape): Float64Array {
  const sums = new Float64Array(cells);
  let i = 0;
  for (let y = 0; y < height; y++) {
    const row = side * Math.floor((side * y) / height);
    for (let x = 0; x < width; x++) {
      const cell = row + Math.floor((side * x) / width);
      for (let channel = 0; channel < channels; channel++) sums[cell]! += image[i++]!;
    }
  }
  return sums;
}

function transformed(sums: Float64Array): Float64Array {
  for (let half = 1; half < cells; half *= 2)
    for (let i = 0; i < cells; i++)
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
