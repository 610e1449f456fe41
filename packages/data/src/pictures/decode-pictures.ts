import { writeFile } from 'node:fs/promises';
import { imageSize } from '../image-shape.ts';
import { encodeSplit } from '../split.ts';
import type { PictureForm } from './decode-picture.ts';
import { filesAt } from './picture-files.ts';
import { readPictures } from './read-pictures.ts';

export interface DecodeJob extends PictureForm {
  /** Of the pictures' files. */
  paths: readonly string[];
  /** Where the pixels are written, as a split whose indices are positions among the paths. */
  splitPath: string;
}

export interface DecodeProgress {
  done: number;
  of: number;
}

/** A file that no picture can be made of. */
export interface LeftOut {
  /** Among the paths. */
  position: number;
  why: string;
}

/**
 * Makes pixels of pictures of which nobody knows what they show: as {@link decodePicture} does, and
 * with labels that are all 0.
 */
export async function decodePictures(
  { paths, splitPath, shape, fit }: DecodeJob,
  signal: AbortSignal,
  onProgress: (progress: DecodeProgress) => void,
): Promise<LeftOut[]> {
  const size = imageSize(shape);
  const images = new Uint8Array(paths.length * size);
  const indices: number[] = [];
  const leftOut: LeftOut[] = [];
  let position = 0;
  for await (const read of readPictures(filesAt(paths), { shape, fit }, signal)) {
    if ('why' in read) leftOut.push({ position, why: read.why });
    else images.set(read.picture.pixels, indices.push(position) * size - size);
    position += 1;
    onProgress({ done: position, of: paths.length });
  }
  const n = indices.length;
  const split = { name: 'test' as const, shape, images: images.subarray(0, n * size) };
  const labels = new Uint8Array(n);
  await writeFile(splitPath, encodeSplit({ ...split, labels, indices: Int32Array.from(indices) }));
  return leftOut;
}
