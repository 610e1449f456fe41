import { UserError } from '@atelier/errors';
import type { IdxArray } from './idx.ts';
import { imageDimensions, imageShape, type StoredImageShape } from './image-shape.ts';

/** Images with their labels, in the order of the file. */
export interface LabelledImages {
  /** [n, height, width], and a last dimension of channels where there are more than one. */
  images: Uint8Array;
  /** [n], each below the number of classes. */
  labels: Uint8Array;
}

/** An IDX file's content and where it came from. */
export interface Read {
  idx: IdxArray;
  where: string;
}

/**
 * Puts images and labels together.
 * @throws UserError where either has another type or shape, their counts differ, or a label names
 *   no class
 */
export function labelledImages(
  images: Read,
  labels: Read,
  { classes, ...stored }: StoredImageShape & { classes: readonly string[] },
): LabelledImages {
  const [count, ...found] = images.idx.dimensions;
  const dimensions = imageDimensions(imageShape(stored));
  if (images.idx.elementType !== 'u8' || found.join() !== dimensions.join())
    throw refusal('images', images, `u8 [n, ${dimensions.join(', ')}]`);
  if (labels.idx.elementType !== 'u8' || labels.idx.dimensions.length !== 1)
    throw refusal('labels', labels, 'u8 [n]');
  if (labels.idx.dimensions[0] !== count)
    throw new UserError({
      what: 'There are not as many labels as images.',
      where: `${labels.where}, ${images.where}`,
      expected: `${count} labels, one for each image`,
      found: `${labels.idx.dimensions[0]} labels`,
      remedy: 'check that both files belong together',
    });
  const wrong = labels.idx.data.findIndex((label) => label >= classes.length);
  if (wrong >= 0)
    throw new UserError({
      what: 'A label names no class.',
      where: `${labels.where}, label ${wrong} (counted from 0)`,
      expected: `0 to ${classes.length - 1}, for the ${classes.length} classes of the descriptor`,
      found: `${labels.idx.data[wrong]}`,
      remedy: 'correct the classes in the descriptor, or the file',
    });
  return { images: images.idx.data, labels: labels.idx.data };
}

const refusal = (kind: string, { idx, where }: Read, expected: string): UserError =>
  new UserError({
    what: `This IDX file does not hold the ${kind} that the descriptor describes.`,
    where,
    expected,
    found: `${idx.elementType} [${idx.dimensions.join(', ')}]`,
    remedy: 'correct the descriptor (files, height, width, channels), or the file',
  });
