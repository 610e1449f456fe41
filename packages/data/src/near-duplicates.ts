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

const side = 8;
const cells = side * side;
/** Parts of a value that a hash tells apart. */
const precision = 256;
/** How far apart two hashes are at most where their pictures look alike; each number is rounded. */
const reach = mostDifference * precision + cells;

/**
 * Finds pictures that look like one of an earlier split, as copies do that were saved again or in
 * another size, without being equal to it in every pixel: all whose values differ by 6 of 255 in the
 * mean. A perceptual hash of 64 numbers, {@link hashesOf}, says which need not be compared. Held are
 * 136 bytes for each picture; time grows with the square of their number, if slowly: see {@link keyOf}.
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

/** The pictures of a split in the order of their keys. */
interface Hashed {
  split: Split | SplitRows;
  /** Their positions in the split. */
  order: Int32Array;
  /** [n, 64] */
  hashes: Uint16Array;
  keys: Int32Array;
}

function hashed(split: Split | SplitRows): Hashed {
  const found = hashesOf(split);
  const unordered = Int32Array.from(split.labels, (_, at) => keyOf(cubeOf(found, cells * at)));
  const order = Int32Array.from(split.labels.keys());
  order.sort((a, b) => unordered[a]! - unordered[b]! || a - b);
  const hashes = new Uint16Array(found.length);
  for (const [place, at] of order.entries())
    hashes.set(found.subarray(cells * at, cells * (at + 1)), cells * place);
  return { split, order, hashes, keys: order.map((at) => unordered[at]!) };
}

type Cube = readonly [brightness: number, vertical: number, horizontal: number];

/**
 * A hash's brightness, and by how much the upper and the left half are brighter, in steps as long as like
 * pictures may be apart: theirs are equal, or next to each other.
 */
function cubeOf(hashes: Uint16Array, from: number): Cube {
  let [brightness, vertical, horizontal] = [0, 0, 0];
  for (let c = 0; c < cells; c++) {
    const value = hashes[from + c]!;
    brightness += value;
    vertical += c < cells / 2 ? value : -value;
    horizontal += c % side < side / 2 ? value : -value;
  }
  return [
    Math.floor(brightness / reach),
    Math.floor(vertical / reach),
    Math.floor(horizontal / reach),
  ];
}

/** A power of two above the number of steps that each may have, and one to either side. */
const steps = 128;

/**
 * What a picture may look like lies in the 27 cubes around it, of which three at a time are neighbours in
 * the order of keys.
 */
const keyOf = ([brightness, vertical, horizontal]: Cube): number =>
  (brightness * steps + vertical + steps / 2) * steps + horizontal + steps / 2;

/** The first picture of another split that looks like the one at a place of a split's order. */
function firstLike(own: Hashed, at: number, { split, ...other }: Hashed): number | undefined {
  const { order, hashes, keys } = other;
  const hash = own.hashes.subarray(cells * at, cells * (at + 1));
  const [brightness, vertical, horizontal] = cubeOf(hash, 0);
  let image: Uint8Array | undefined;
  let first: number | undefined;
  for (let b = brightness - 1; b <= brightness + 1; b++)
    for (let v = vertical - 1; v <= vertical + 1; v++) {
      const last = keyOf([b, v, horizontal + 1]);
      for (let place = placeOf(last - 2, keys); keys[place]! <= last; place++) {
        if (!areNear(hash, hashes, cells * place)) continue;
        const candidate = order[place]!;
        if (first !== undefined && candidate > first) continue;
        image ??= imageIn(own.split, own.order[at]!);
        if (looksLike(image, imageIn(split, candidate))) first = candidate;
      }
    }
  return first;
}

/** Where in their order keys reach one. */
function placeOf(key: number, keys: Int32Array): number {
  let [from, to] = [0, keys.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (keys[middle]! < key) from = middle + 1;
    else to = middle;
  }
  return from;
}

function areNear(hash: Uint16Array, hashes: Uint16Array, from: number): boolean {
  let difference = 0;
  for (let i = 0; i < cells; i++) {
    difference += Math.abs(hash[i]! - hashes[from + i]!);
    if (difference > reach) return false;
  }
  return true;
}

/**
 * What each of 8 x 8 cells adds to the mean of a picture's values. The cells of two pictures differ by no
 * more in all than their pixels do in the mean.
 * @returns [n, 64]
 */
function hashesOf(split: Split | SplitRows): Uint16Array {
  const hashes = new Uint16Array(cells * split.labels.length);
  let at = 0;
  for (const { images, shape, labels } of partsOf(split))
    for (let i = 0; i < labels.length; i++, at += cells) {
      const sums = cellSums(imageAt(images, shape, i), shape);
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

/** Not where they are equal: these are duplicates. */
function looksLike(a: Uint8Array, b: Uint8Array): boolean {
  const most = mostDifference * a.length;
  let difference = 0;
  for (let i = 0; i < a.length && difference <= most; i++) difference += Math.abs(a[i]! - b[i]!);
  return difference > 0 && difference <= most;
}
