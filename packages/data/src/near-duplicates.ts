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

const rows = 8;
const columns = 8;
/** Bits in which hashes of like pictures may differ: then one of four bands of them is equal. */
const mostBits = 3;
const bands = 4;
/** Mean difference of the pixels' values, of 255. */
const mostDifference = 6;
/** Of many pictures in one band, as of plain ones, only the first are looked at. */
const longestBand = 64;

/**
 * Finds pictures that look like one of an earlier split, as copies do that were saved again or in
 * another size, without being equal to it in every pixel. They are sought by a difference hash (dHash,
 * https://www.hackerfactor.com/blog/index.php?/archives/529-Kind-of-Like-That.html) and then held
 * against each other pixel by pixel.
 * @param splits in their order
 * @returns for each picture the first like one of each earlier split
 */
export function* findLikenesses(splits: readonly (Split | SplitRows)[]): Generator<Likeness> {
  const all = splits.map((split) => ({ split, hashes: hashesOf(split) }));
  const byBand = new Map<number, { of: number; at: number }[]>();
  for (const [own, { split, hashes }] of all.entries()) {
    const n = split.labels.length;
    for (let at = 0; at < n; at++) {
      const hash = hashAt(hashes, at);
      const seen = new Set<number>();
      for (const key of bandsOf(hash))
        for (const earlier of byBand.get(key) ?? []) {
          const other = all[earlier.of]!;
          if (seen.has(earlier.of)) continue;
          if (bitsBetween(hash, hashAt(other.hashes, earlier.at)) > mostBits) continue;
          if (!looksLike(imageIn(split, at), imageIn(other.split, earlier.at))) continue;
          seen.add(earlier.of);
          yield { split: split.name, at, earlier: { split: other.split.name, at: earlier.at } };
        }
    }
    for (let at = 0; at < n; at++)
      for (const key of bandsOf(hashAt(hashes, at))) {
        const members = byBand.get(key);
        if (members === undefined) byBand.set(key, [{ of: own, at }]);
        else if (members.length < longestBand) members.push({ of: own, at });
      }
  }
}

/** Two numbers for each picture, which is all that is held of it. */
function hashesOf(split: Split | SplitRows): Int32Array {
  const hashes = new Int32Array(2 * split.labels.length);
  let at = 0;
  for (const { images, shape, labels } of partsOf(split))
    for (let i = 0; i < labels.length; i++, at++)
      hashes.set(differenceHash(imageAt(images, shape, i), shape), 2 * at);
  return hashes;
}

const hashAt = (hashes: Int32Array, at: number): Hash => [hashes[2 * at]!, hashes[2 * at + 1]!];

/** 64 bits: the upper and the lower four rows. */
type Hash = [number, number];

/** Whether it becomes brighter from each of nine columns to the next, in each of eight rows. */
function differenceHash(image: Uint8Array, shape: ImageShape): Hash {
  const hash: Hash = [0, 0];
  for (let row = 0; row < rows; row++) {
    let left = brightness(image, shape, row, 0);
    for (let column = 0; column < columns; column++) {
      const right = brightness(image, shape, row, column + 1);
      const half = row < rows / 2 ? 0 : 1;
      hash[half] = (hash[half] << 1) | Number(right > left);
      left = right;
    }
  }
  return hash;
}

/** The mean of the values in a cell of eight rows and nine columns. */
function brightness(
  image: Uint8Array,
  { height, width, channels }: ImageShape,
  row: number,
  column: number,
): number {
  const [top, bottom] = reach(row, rows, height);
  const [left, right] = reach(column, columns + 1, width);
  let sum = 0;
  for (let y = top; y < bottom; y++)
    for (let i = (y * width + left) * channels; i < (y * width + right) * channels; i++)
      sum += image[i]!;
  return sum / ((bottom - top) * (right - left));
}

/** From where to where a cell reaches; at least over one. */
function reach(cell: number, cells: number, of: number): [number, number] {
  const begin = Math.floor((cell * of) / cells);
  return [begin, Math.max(begin + 1, Math.floor(((cell + 1) * of) / cells))];
}

const bandsOf = ([upper, lower]: Hash): number[] =>
  [upper >>> 16, upper & 0xffff, lower >>> 16, lower & 0xffff].map(
    (bits, band) => bits * bands + band,
  );

const bitsBetween = (a: Hash, b: Hash): number => ones(a[0] ^ b[0]) + ones(a[1] ^ b[1]);

function ones(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** Not where they are equal: these are duplicates. */
function looksLike(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference += Math.abs(a[i]! - b[i]!);
  return difference > 0 && difference <= mostDifference * a.length;
}
