import { createHash } from 'node:crypto';
import { UserError } from '@atelier/errors';
import type { ArraysDescriptor } from '../formats/arrays.ts';
import type { FileContent, OfficialSet, OfficialSets } from '../formats/format.ts';
import { type ImageShape, imageAt, imageShape, imageSize, longestSide } from '../image-shape.ts';
import { setOfDigest } from '../set-of-digest.ts';
import { type ArrayFile, describeArray, type OpenArrays, type StoredArray } from './array-file.ts';

/** Reads the sets that a descriptor's arrays hold. @throws UserError as {@link readSet} */
export async function readArrays(
  descriptor: ArraysDescriptor,
  file: FileContent,
  open: OpenArrays,
): Promise<OfficialSets> {
  const { where } = file;
  const { arrays, counts, classes, files } = descriptor;
  const opened = await open(await file.whole(files.data.bytes), where);
  const expected = { shape: imageShape(descriptor), classes: classes.length };
  const sets = await readSets(opened, arrays, expected, where);
  for (const set of ['train', 'test'] as const) {
    const found = sets[set].labels.length;
    if (counts === undefined || counts[set] === found) continue;
    throw new UserError({
      what: 'There are not as many images as the descriptor says.',
      where: `${where}, the images to ${set === 'train' ? 'learn from' : 'test with'}`,
      expected: `${counts[set]}`,
      found: `${found}`,
      remedy: 'correct counts in the descriptor, or import the file again',
      mendedBy: ['dataset'],
    });
  }
  return sets;
}

/** What arrays have to hold. */
export interface ExpectedArrays {
  shape: ImageShape;
  /** How many; labels are below it. */
  classes: number;
}

/** Both sets: as their arrays say, or divided by the digests of images where there is one set. */
export async function readSets(
  file: ArrayFile,
  arrays: ArraysDescriptor['arrays'],
  expected: ExpectedArrays,
  where: string,
): Promise<OfficialSets> {
  const { trainImages, trainLabels } = arrays;
  const first = await readSet(file, { images: trainImages, labels: trainLabels }, expected, where);
  if ('testShare' in arrays) return divide(first, expected.shape, arrays.testShare);
  const { testImages, testLabels } = arrays;
  const names = { images: testImages, labels: testLabels };
  return { train: first, test: await readSet(file, names, expected, where) };
}

async function readSet(
  file: ArrayFile,
  names: { images: string; labels: string },
  { shape, classes }: ExpectedArrays,
  where: string,
): Promise<OfficialSet<Uint8Array>> {
  const images = await arrayOf(file, names.images, where);
  const labels = await arrayOf(file, names.labels, where);
  const at = {
    images: `${where}, array ${names.images}`,
    labels: `${where}, array ${names.labels}`,
  };
  const [count] = images.shape;
  const found = imageShapeOf(images, at.images);
  if (String(Object.values(found)) !== String([shape.height, shape.width, shape.channels]))
    throw wrong({
      what: 'These images have another size than the others, or than the descriptor says.',
      where: at.images,
      expected: `u8 [n, ${shape.height}, ${shape.width}, ${shape.channels}]`,
      found: describeArray(images),
    });
  const values = await labelsOf(labels, classes, at.labels);
  if (values.length !== count)
    throw wrong({
      what: 'There are not as many labels as images.',
      where: `${at.labels}, ${names.images}`,
      expected: `${count} labels, one for each image`,
      found: `${values.length} labels`,
    });
  return { images: await images.read(), labels: values, where: at };
}

/** What is said of an array. @throws UserError where there is none of this name */
export async function arrayOf(file: ArrayFile, name: string, where: string): Promise<StoredArray> {
  const array = await file.get(name)?.();
  if (array !== undefined) return array;
  throw wrong({
    what: 'An array is missing from this file.',
    where,
    expected: name,
    found: [...file.keys()].join(', ') || 'no array',
    remedy: 'correct arrays in the descriptor, or the file',
  });
}

/** @throws UserError where these cannot be images */
export function imageShapeOf(array: StoredArray, where: string): ImageShape {
  const { element, shape, columnMajor } = array;
  const [count = 0, height = 0, width = 0, channels = 1] = shape;
  const isImages = (shape.length === 3 || shape.length === 4) && (channels === 1 || channels === 3);
  if (element === 'u8' && isImages && !columnMajor && Math.min(count, height, width) > 0) {
    if (Math.max(height, width) <= longestSide) return { height, width, channels };
    throw wrong({
      what: 'These images are larger than images can be.',
      where,
      expected: `at most ${longestSide} rows and columns`,
      found: describeArray(array),
      remedy: 'make them smaller',
    });
  }
  throw wrong({
    what: 'This array does not hold images.',
    where,
    expected:
      'u8 [n, height, width] or [n, height, width, channels], with 1 channel or 3, in the order of C',
    found: `${describeArray(array)}${columnMajor ? ' in the order of Fortran' : ''}`,
    remedy: remedyFor(array),
  });
}

function remedyFor({ element, shape, columnMajor }: StoredArray): string {
  if (/^f\d/.test(element))
    return 'write the pixels as bytes: numpy.rint(255 * images).astype("uint8") where they are 0 to 1';
  if (/objects/.test(element))
    return 'write one array of bytes for images of one size, not a list of them; pickles are never read';
  if (columnMajor) return 'write numpy.ascontiguousarray(images)';
  const [, first, , last] = shape;
  if (shape.length === 4 && (first === 1 || first === 3))
    return 'put the channels last: images.transpose(0, 2, 3, 1)';
  if (last === 4) return 'leave the alpha channel out: images[..., :3]';
  return 'write the images as bytes, one after the other';
}

/**
 * Labels as bytes.
 * @throws UserError where the array does not hold one integer for each image, or one names no class
 */
async function labelsOf(array: StoredArray, classes: number, where: string): Promise<Uint8Array> {
  const { element, shape, bigEndian = false } = array;
  const [count = 0, each = 1] = shape;
  const [, sign, bits] = /^([ui])(8|16|32|64)$/.exec(element) ?? [];
  if (bits === undefined || shape.length < 1 || shape.length > 2 || each !== 1)
    throw wrong({
      what: 'This array does not hold labels.',
      where,
      expected: 'integers [n] (or [n, 1]), each the position of a class from 0 on',
      found: describeArray(array),
      remedy:
        element === 'text'
          ? 'write numbers: numpy.unique(labels, return_inverse=True)[1]'
          : each > 1
            ? 'write the position of the class: labels.argmax(1)'
            : 'write labels.astype("int64")',
    });
  const bytes = await array.read();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = Number(bits) / 8;
  const at = (i: number): number => {
    if (width === 1) return sign === 'u' ? view.getUint8(i) : view.getInt8(i);
    if (width === 2) return view.getInt16(2 * i, !bigEndian);
    if (width === 4) return view.getInt32(4 * i, !bigEndian);
    return Number(view.getBigInt64(8 * i, !bigEndian));
  };
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const value = at(i);
    if (value >= 0 && value < classes) labels[i] = value;
    else
      throw wrong({
        what: 'A label names no class.',
        where: `${where}, label ${i} (counted from 0)`,
        expected: `0 to ${classes - 1}`,
        found: `${value}`,
        remedy: 'number the classes from 0 on, or correct the descriptor',
      });
  }
  return labels;
}

/** An image stays where it is when others come, and copies of it go with it. */
function divide(
  { images, labels, where }: OfficialSet<Uint8Array>,
  shape: ImageShape,
  share: number,
): OfficialSets {
  const size = imageSize(shape);
  const inTest = Uint8Array.from(labels, (_, i) => {
    const sha256 = createHash('sha256')
      .update(imageAt(images, shape, i))
      .digest('hex');
    return setOfDigest(sha256, share) === 'test' ? 1 : 0;
  });
  const part = (which: 0 | 1): OfficialSet => {
    const count = inTest.reduce((sum, one) => sum + (one === which ? 1 : 0), 0);
    const taken = new Uint8Array(count * size);
    let at = 0;
    for (let i = 0; i < labels.length; i++)
      if (inTest[i] === which) taken.set(imageAt(images, shape, i), size * at++);
    return { images: taken, labels: labels.filter((_, i) => inTest[i] === which), where };
  };
  return { train: part(0), test: part(1) };
}

const wrong = (failure: ConstructorParameters<typeof UserError>[0]): UserError =>
  new UserError({
    remedy: 'correct the descriptor (arrays, height, width, channels), or the file',
    ...failure,
    mendedBy: ['dataset'],
  });
