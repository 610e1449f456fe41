import { readSync } from 'node:fs';
import { isExplained, UserError } from '@atelier/errors';
import { fileFailure, type WatchedFile } from '@atelier/files';
import { type ImageShape, imageAt, imageSize } from './image-shape.ts';
import type { Split } from './split.ts';

/** A split whose images lie in a file, and are read a part at a time. */
export interface SplitRows extends Omit<Split, 'images'> {
  /** Its images `from` … `to - 1`, as a split. */
  part(from: number, to: number): Split;
}

/** Bytes of a part's images, where nothing else decides it. */
const partBytes = 2 ** 24;

/** All of a split, in parts that follow one another. */
export function* partsOf(split: Split | SplitRows): Generator<Split> {
  if ('images' in split) return yield split;
  const n = split.labels.length;
  const each = Math.max(1, Math.floor(partBytes / imageSize(split.shape)));
  for (let from = 0; from < n; from += each) yield split.part(from, Math.min(n, from + each));
}

/** Image number `at` of a split. */
export const imageIn = (split: Split | SplitRows, at: number): Uint8Array =>
  'images' in split ? imageAt(split.images, split.shape, at) : split.part(at, at + 1).images;

/** Images `from` … `to - 1` of a split. */
export function partOf(split: Split | SplitRows, from: number, to: number): Split {
  if (!('images' in split)) return split.part(from, to);
  const size = imageSize(split.shape);
  return {
    ...split,
    images: split.images.subarray(from * size, to * size),
    labels: split.labels.subarray(from, to),
    indices: split.indices.subarray(from, to),
  };
}

/** Images that follow one another in a file, from `offset` on. */
export interface RowsOnDisk {
  file: WatchedFile;
  offset: number;
  shape: ImageShape;
  /** Which of them are the official set's, ascending; all of them where it is left out. */
  positions?: Int32Array | undefined;
}

/**
 * The split of these images of a file.
 * @param split its `indices` are ascending positions in the official set
 */
export function rowsOf(split: Omit<Split, 'images' | 'shape'>, rows: RowsOnDisk): SplitRows {
  const { name, labels, indices } = split;
  const { shape, positions } = rows;
  const rowAt = (i: number): number =>
    positions === undefined ? indices[i]! : positions[indices[i]!]!;
  const size = imageSize(shape);
  const read = reader(rows, size);
  const window = Math.max(1, Math.floor(partBytes / size));
  return {
    ...{ name, shape, labels, indices },
    part(from, to) {
      const images = new Uint8Array((to - from) * size);
      for (let i = from; i < to; ) {
        const first = rowAt(i);
        let end = i + 1;
        while (end < to && rowAt(end) - first < window) end += 1;
        const found = read(first, rowAt(end - 1) - first + 1);
        for (; i < end; i++) images.set(imageAt(found, shape, rowAt(i) - first), (i - from) * size);
      }
      return {
        ...{ name, shape, images },
        labels: labels.slice(from, to),
        indices: indices.slice(from, to),
      };
    },
  };
}

/** Reads images that follow one another. */
function reader({ file, offset }: RowsOnDisk, size: number) {
  const { path, descriptor } = file;
  return (first: number, count: number): Uint8Array => {
    try {
      const bytes = new Uint8Array(count * size);
      do fill(bytes, offset + first * size);
      while (file.wasDisturbed());
      return bytes;
    } catch (error) {
      throw isExplained(error) ? error : fileFailure(error, path);
    }
  };

  function fill(bytes: Uint8Array, begin: number): void {
    for (let done = 0; done < bytes.length; ) {
      const at = begin + done;
      const got = readSync(descriptor, bytes, done, bytes.length - done, at);
      if (got === 0) throw cutShort(path, at + bytes.length - done, at);
      done += got;
    }
  }
}

const cutShort = (where: string, expected: number, found: number): UserError =>
  new UserError({
    what: 'A file of images was cut short while it was read.',
    where,
    expected: `at least ${expected} bytes`,
    found: `${found} bytes`,
    remedy: 'let nothing change the file while a run reads it',
  });
